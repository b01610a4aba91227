; Definitions

(rule_set . (selectors (_) @name) . (block) @body) @definition.section
(keyframes_statement . (keyframes_name) @name . (keyframe_block_list) @body) @definition.section

(declaration . (property_name) @name
  (#match? @name "^--")) @definition.variable

(comment) @comment

; Uses

(call_expression
  . (function_name) @_var
  . (arguments . (plain_value) @reference.name)
  (#eq? @_var "var"))

; Imports

(import_statement [
  (string_value (string_content) @module)
  (call_expression (arguments [
    (plain_value) @module
    (string_value (string_content) @module)
  ]))
]) @import
