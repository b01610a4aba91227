; Definitions

(class_declaration
  declaration_kind: "struct"
  name: (type_identifier) @name body: (_) @body) @definition.struct
(class_declaration
  declaration_kind: "enum"
  name: (type_identifier) @name body: (_) @body) @definition.enum
(class_declaration name: (type_identifier) @name body: (_) @body) @definition.class
(protocol_declaration name: (type_identifier) @name body: (_) @body) @definition.interface
(class_declaration name: (user_type) @name) @scope

(class_declaration
  name: (type_identifier) @name
  (inheritance_specifier inherits_from: (user_type) @base))
(class_declaration
  name: (user_type) @name
  (inheritance_specifier inherits_from: (user_type) @base))
(protocol_declaration
  name: (type_identifier) @name
  (inheritance_specifier inherits_from: (user_type) @base))

(function_declaration "func" . name: _ @name body: (function_body) @body) @definition.function
(function_declaration "func" . name: _ @name "->" . name: (_) @type)
(protocol_function_declaration "func" . name: _ @name) @definition.method
(protocol_function_declaration "func" . name: _ @name "->" . name: (_) @type)
(init_declaration name: "init" @name body: (function_body)? @body) @definition.constructor

(subscript_declaration "subscript" @name (computed_property) @body) @definition.method

(class_body (property_declaration
  name: (pattern bound_identifier: (simple_identifier) @name)
  (type_annotation (_) @type)?
  value: (call_expression . (simple_identifier) @constructed)?
  computed_value: (computed_property)? @body) @definition.field)
(enum_class_body (property_declaration
  name: (pattern bound_identifier: (simple_identifier) @name)
  (type_annotation (_) @type)?
  computed_value: (computed_property)? @body) @definition.field)
(protocol_property_declaration
  name: (pattern bound_identifier: (simple_identifier) @name)
  (type_annotation (_) @type)) @definition.field
(enum_entry name: (simple_identifier) @name) @definition.field

(source_file (property_declaration
  (value_binding_pattern mutability: "let")
  name: (pattern bound_identifier: (simple_identifier) @name)
  (type_annotation (_) @type)?
  value: (call_expression . (simple_identifier) @constructed)?) @definition.constant)
(source_file (property_declaration
  name: (pattern bound_identifier: (simple_identifier) @name)
  (type_annotation (_) @type)?
  value: (call_expression . (simple_identifier) @constructed)?) @definition.variable)

(typealias_declaration . "typealias" . name: (type_identifier) @name) @definition.type
(associatedtype_declaration name: (type_identifier) @name) @definition.type
(macro_declaration (simple_identifier) @name) @definition.macro

(comment) @comment
(multiline_comment) @comment

; Uses

(call_expression . [
  (simple_identifier) @reference.call
  (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @reference.call))
])
(user_type (type_identifier) @reference.type .)

; Imports

(import_declaration (identifier) @path) @import
