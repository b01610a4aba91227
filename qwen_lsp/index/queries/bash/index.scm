; Definitions

(function_definition name: (word) @name body: (_) @body) @definition.function

(declaration_command
  "readonly"
  (variable_assignment name: (variable_name) @name)) @definition.constant
(declaration_command
  ["export" "declare" "typeset"]
  (variable_assignment name: (variable_name) @name)) @definition.variable
(program (variable_assignment name: (variable_name) @name) @definition.variable)

(comment) @comment

; Uses

(command name: (command_name (word) @reference.call))

; Imports

(command
  name: (command_name (word) @_source)
  . argument: [
    (word) @module
    (concatenation) @module
    (string . (_)+ @module)
  ]
  (#any-of? @_source "source" ".")) @import
