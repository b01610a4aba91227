; Definitions

(class_declaration name: (type_identifier) @name body: (class_body) @body) @definition.class
(abstract_class_declaration
  name: (type_identifier) @name
  body: (class_body) @body) @definition.class
(class_declaration
  name: (type_identifier) @name
  (class_heritage [
    (extends_clause value: [
      (identifier) @base @reference.type
      (member_expression property: (property_identifier) @reference.type) @base
    ])
    (implements_clause (_) @base)
  ]))
(abstract_class_declaration
  name: (type_identifier) @name
  (class_heritage [
    (extends_clause value: [
      (identifier) @base @reference.type
      (member_expression property: (property_identifier) @reference.type) @base
    ])
    (implements_clause (_) @base)
  ]))
(interface_declaration
  name: (type_identifier) @name
  body: (interface_body) @body) @definition.interface
(interface_declaration name: (type_identifier) @name (extends_type_clause type: (_) @base))
(type_alias_declaration name: (type_identifier) @name) @definition.type
(enum_declaration name: (identifier) @name body: (enum_body) @body) @definition.enum
(enum_body name: (property_identifier) @name @definition.field)
(enum_assignment name: (property_identifier) @name) @definition.field
(internal_module name: (_) @name body: (statement_block) @body) @definition.module
(module name: (_) @name body: (statement_block) @body) @definition.module

(function_declaration
  name: (identifier) @name
  return_type: (type_annotation (_) @type)?
  body: (statement_block) @body) @definition.function
(generator_function_declaration
  name: (identifier) @name
  return_type: (type_annotation (_) @type)?
  body: (statement_block) @body) @definition.function
(function_signature
  name: (identifier) @name
  return_type: (type_annotation (_) @type)?) @definition.function
(variable_declarator
  name: (identifier) @name
  value: [
    (arrow_function return_type: (type_annotation (_) @type)? body: (_) @body)
    (function_expression
      return_type: (type_annotation (_) @type)?
      body: (statement_block) @body)
  ]) @definition.function
(variable_declarator
  name: (identifier) @name
  value: (class body: (class_body) @body)) @definition.class

(method_definition
  name: (_) @name
  return_type: (type_annotation (_) @type)?
  body: (statement_block) @body) @definition.method
(abstract_method_signature
  name: (_) @name
  return_type: (type_annotation (_) @type)?) @definition.method
(method_signature
  name: (_) @name
  return_type: (type_annotation (_) @type)?) @definition.method
(public_field_definition
  name: (_) @name
  value: (arrow_function
    return_type: (type_annotation (_) @type)?
    body: (_) @body)) @definition.method
(public_field_definition
  name: (_) @name
  type: (type_annotation (_) @type)?
  value: (new_expression constructor: (_) @type)?) @definition.field
(required_parameter
  [(accessibility_modifier) "readonly"]
  pattern: (identifier) @name
  type: (type_annotation (_) @type)?) @definition.field

; Members of types; those of a parameter's type have no owner to be found by

(interface_body (property_signature
  name: (_) @name
  type: (type_annotation (_) @type)?) @definition.field)
(type_alias_declaration value: (object_type (property_signature
  name: (_) @name
  type: (type_annotation (_) @type)?) @definition.field))
(type_alias_declaration value: (intersection_type (object_type (property_signature
  name: (_) @name
  type: (type_annotation (_) @type)?) @definition.field)))

; Variables of a module

(program (lexical_declaration
  kind: "const"
  (variable_declarator
    name: (identifier) @name
    type: (type_annotation (_) @type)?
    value: (new_expression constructor: (_) @type)?) @definition.constant))
(program (export_statement declaration: (lexical_declaration
  (variable_declarator
    name: (identifier) @name
    type: (type_annotation (_) @type)?
    value: (new_expression constructor: (_) @type)?) @definition.constant)))

; Uses

(type_identifier) @reference.type

; Imports

(program (import_statement (import_require_clause
  (identifier) @alias
  source: (string (string_fragment) @module))) @import)
