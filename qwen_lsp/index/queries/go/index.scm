; Definitions

(source_file (package_clause (package_identifier) @name) @definition.module)
(function_declaration
  name: (identifier) @name
  result: (_)? @type
  body: (block)? @body) @definition.function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: (_) @owner))
  name: (field_identifier) @name
  result: (_)? @type
  body: (block)? @body) @definition.method

(type_spec
  name: (type_identifier) @name
  type: (struct_type (field_declaration_list) @body)) @definition.struct
(type_spec name: (type_identifier) @name type: (interface_type) @body) @definition.interface
(type_spec name: (type_identifier) @name) @definition.type
(type_alias name: (type_identifier) @name) @definition.type
(type_spec
  name: (type_identifier) @name
  type: (struct_type (field_declaration_list (field_declaration !name type: (_) @base))))
(type_spec
  name: (type_identifier) @name
  type: (interface_type (type_elem . (_) @base .)))
(method_elem name: (field_identifier) @name result: (_)? @type) @definition.method
(field_declaration name: (field_identifier) @name type: (_) @type) @definition.field

; Variables of a package

(source_file (const_declaration (const_spec name: (identifier) @name) @definition.constant))
(source_file (const_declaration (const_spec name: (identifier) @name type: (_) @type)))
(source_file (var_declaration (var_spec
  name: (identifier) @name
  type: (_)? @type
  value: (expression_list . [
    (composite_literal type: (_) @type)
    (unary_expression operand: (composite_literal type: (_) @type))
  ])?) @definition.variable))
(source_file (var_declaration (var_spec_list (var_spec
  name: (identifier) @name
  type: (_)? @type
  value: (expression_list . [
    (composite_literal type: (_) @type)
    (unary_expression operand: (composite_literal type: (_) @type))
  ])?) @definition.variable)))

; Uses

(type_identifier) @reference.type
(call_expression function: [
  (identifier) @reference.call
  (selector_expression field: (field_identifier) @reference.call)
])

; Imports

(import_spec !name path: (_ (_) @module)) @import
(import_spec
  name: [(package_identifier) (blank_identifier)] @alias
  path: (_ (_) @module)) @import
(import_spec name: (dot) path: (_ (_) @module) (#set! name "*")) @import
