; Definitions

(package_clause name: (package_identifier) @name @definition.module)
(package_object name: (identifier) @name body: (_) @body) @definition.module

(class_definition name: (identifier) @name body: (_)? @body) @definition.class
(object_definition name: (identifier) @name body: (_)? @body) @definition.class
(trait_definition name: (identifier) @name body: (_)? @body) @definition.trait
(enum_definition name: (identifier) @name body: (_) @body) @definition.enum

(class_definition
  name: (identifier) @name
  extend: (extends_clause [(type_identifier) (stable_type_identifier) (generic_type)] @base))
(object_definition
  name: (identifier) @name
  extend: (extends_clause [(type_identifier) (stable_type_identifier) (generic_type)] @base))
(trait_definition
  name: (identifier) @name
  extend: (extends_clause [(type_identifier) (stable_type_identifier) (generic_type)] @base))
(enum_definition
  name: (identifier) @name
  extend: (extends_clause [(type_identifier) (stable_type_identifier) (generic_type)] @base))

(function_definition
  name: (_) @name
  return_type: (_)? @type
  body: (_) @body) @definition.function
(function_declaration name: (_) @name return_type: (_)? @type) @definition.function

(extension_definition
  parameters: (parameters . (parameter type: (_) @owner))
  (function_definition name: (_) @name))

(class_parameter name: (identifier) @name type: (_)? @type) @definition.field
(simple_enum_case name: (identifier) @name) @definition.field
(full_enum_case name: (identifier) @name) @definition.field

(template_body [
  (val_definition
    pattern: (identifier) @name
    type: (_)? @type
    value: [
      (instance_expression . [(type_identifier) (generic_type)] @constructed)
      (call_expression function: (identifier) @constructed)
    ]?)
  (var_definition
    pattern: (identifier) @name
    type: (_)? @type
    value: [
      (instance_expression . [(type_identifier) (generic_type)] @constructed)
      (call_expression function: (identifier) @constructed)
    ]?)
  (val_declaration name: (identifier) @name type: (_) @type)
  (var_declaration name: (identifier) @name type: (_) @type)
] @definition.field)
(compilation_unit (val_definition
  pattern: (identifier) @name type: (_)? @type) @definition.constant)
(compilation_unit (var_definition
  pattern: (identifier) @name type: (_)? @type) @definition.variable)
(given_definition name: (identifier) @name return_type: (_) @type) @definition.constant

(type_definition name: (type_identifier) @name) @definition.type

(comment) @comment
(block_comment) @comment

; Uses

(call_expression function: [
  (identifier) @reference.call
  (field_expression field: (identifier) @reference.call)
  (generic_function function: (identifier) @reference.call)
  (generic_function function: (field_expression field: (identifier) @reference.call))
])
(infix_expression operator: (identifier) @reference.call)
(type_identifier) @reference.type

; Imports

(import_declaration
  . (identifier) @path
  [
    (identifier)
    (namespace_selectors)
    (namespace_wildcard)
    (as_renamed_identifier)
  ]* @path .) @import
