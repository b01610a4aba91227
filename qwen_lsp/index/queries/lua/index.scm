; Definitions

(function_declaration
  name: (identifier) @name
  body: (block)? @body) @definition.function
(function_declaration
  name: (dot_index_expression table: (_) @owner field: (identifier) @name)
  body: (block)? @body) @definition.function
(function_declaration
  name: (method_index_expression table: (_) @owner method: (identifier) @name)
  body: (block)? @body) @definition.method

(assignment_statement
  (variable_list . name: (dot_index_expression table: (_) @owner field: (identifier) @name))
  (expression_list . value: (function_definition body: (block)? @body))) @definition.function
(chunk (assignment_statement
  (variable_list . name: (identifier) @name)
  (expression_list . value: (function_definition body: (block)? @body))) @definition.function)
(chunk (variable_declaration (assignment_statement
  (variable_list . name: (identifier) @name)
  (expression_list . value: (function_definition body: (block)? @body)))) @definition.function)
(field
  name: (identifier) @name
  value: (function_definition body: (block)? @body)) @definition.function

(chunk (assignment_statement
  (variable_list . name: (dot_index_expression table: (_) @owner field: (identifier) @name))
) @definition.field)
; Not `local json = require("json")` nor `local insert = table.insert`: those only rename
(chunk [
  (variable_declaration (assignment_statement
    (variable_list . name: (identifier) @name)
    (expression_list . value: [
      (table_constructor)
      (string)
      (number)
      (true)
      (false)
      (nil)
      (binary_expression)
      (function_call name: (identifier) @_maker)
      (function_call name: (method_index_expression))
      (function_call name: (dot_index_expression table: (identifier) @constructed))
    ])))
  (assignment_statement (variable_list . name: (identifier) @name))
] @definition.variable
  (#not-eq? @_maker "require"))

(comment) @comment

; Uses

(function_call name: [
  (identifier) @reference.call
  (dot_index_expression field: (identifier) @reference.call)
  (method_index_expression method: (identifier) @reference.call)
])

; Imports

(assignment_statement
  (variable_list . name: (identifier) @alias)
  (expression_list . value: (function_call
    name: (identifier) @_require
    arguments: (arguments . (string content: (string_content) @module))))
  (#eq? @_require "require")) @import
(chunk (function_call
  name: (identifier) @_require
  arguments: (arguments . (string content: (string_content) @module))
  (#eq? @_require "require")) @import)
(dot_index_expression
  table: (function_call
    name: (identifier) @_require
    arguments: (arguments . (string content: (string_content) @module))) @import
  (#eq? @_require "require"))
