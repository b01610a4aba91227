; Tables, the keys above them and the keys in them. A list of tables ([[package]]) gives only its
; headers: in lock files it has thousands of keys that nobody looks up.

(table
  . [(bare_key) (dotted_key) (quoted_key)] @name
  . (_)? @body) @definition.section
(table_array_element
  . [(bare_key) (dotted_key) (quoted_key)] @name
  . (_)? @body) @definition.section

(document (pair
  . [(bare_key) (dotted_key) (quoted_key)] @name
  . [(array) (inline_table)]? @body) @definition.section)
(table (pair
  . [(bare_key) (dotted_key) (quoted_key)] @name
  . [(array) (inline_table)]? @body) @definition.section)

(comment) @comment
