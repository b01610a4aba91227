; Keys of the first and the second level; data files are too deep and too many for more

(document (block_node (block_mapping (block_mapping_pair
  key: (flow_node) @name
  value: (block_node)? @body) @definition.section)))

(document (block_node (block_mapping (block_mapping_pair
  value: (block_node (block_mapping (block_mapping_pair
    key: (flow_node) @name
    value: (block_node)? @body) @definition.section))))))

(comment) @comment
