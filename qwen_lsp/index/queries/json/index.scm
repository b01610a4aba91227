; Keys of the first and the second level; data files are too deep and too many for more

(document (object (pair
  key: (string (string_content) @name)
  value: [(object) (array)]? @body) @definition.section))

(document (object (pair value: (object (pair
  key: (string (string_content) @name)
  value: [(object) (array)]? @body) @definition.section))))
