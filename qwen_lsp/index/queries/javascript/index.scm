; Definitions

(class_declaration name: (identifier) @name body: (class_body) @body) @definition.class
(class_declaration name: (identifier) @name (class_heritage [
  (identifier) @base @reference.type
  (member_expression property: (property_identifier) @reference.type) @base
]))
(variable_declarator
  name: (identifier) @name
  value: (class (class_heritage (_) @base)? body: (class_body) @body)) @definition.class
(function_declaration name: (identifier) @name body: (statement_block) @body) @definition.function
(generator_function_declaration
  name: (identifier) @name
  body: (statement_block) @body) @definition.function
(variable_declarator
  name: (identifier) @name
  value: [
    (arrow_function body: (_) @body)
    (function_expression body: (statement_block) @body)
  ]) @definition.function
(method_definition name: (_) @name body: (statement_block) @body) @definition.method
(field_definition
  property: (_) @name
  value: (arrow_function body: (_) @body)) @definition.method
(field_definition
  property: (_) @name
  value: (new_expression constructor: (_) @type)?) @definition.field
(assignment_expression
  left: (member_expression object: (this) property: (property_identifier) @name)
  right: (new_expression constructor: (_) @type)?) @definition.field

; Variables of a module

(program (lexical_declaration
  kind: "const"
  (variable_declarator
    name: (identifier) @name
    value: (new_expression constructor: (_) @type)?) @definition.constant))
(program (export_statement declaration: (lexical_declaration
  (variable_declarator
    name: (identifier) @name
    value: (new_expression constructor: (_) @type)?) @definition.constant)))

; Uses

(jsx_opening_element name: (identifier) @reference.call (#match? @reference.call "^[A-Z]"))
(jsx_self_closing_element name: (identifier) @reference.call (#match? @reference.call "^[A-Z]"))
