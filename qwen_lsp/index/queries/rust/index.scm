; Definitions

(struct_item name: (type_identifier) @name body: (_)? @body) @definition.struct
(union_item name: (type_identifier) @name body: (_) @body) @definition.struct
(enum_item name: (type_identifier) @name body: (_) @body) @definition.enum
(enum_variant name: (identifier) @name) @definition.field
(trait_item name: (type_identifier) @name body: (_) @body) @definition.trait
(trait_item name: (type_identifier) @name bounds: (trait_bounds [
  (type_identifier) (scoped_type_identifier) (generic_type)
] @base))
(impl_item trait: (_)? @base type: (_) @name) @scope
(mod_item name: (identifier) @name body: (_) @body) @definition.module
(function_item
  name: (identifier) @name
  return_type: (_)? @type
  body: (block) @body) @definition.function
(function_signature_item name: (identifier) @name return_type: (_)? @type) @definition.function
(macro_definition name: (identifier) @name) @definition.macro
(field_declaration name: (field_identifier) @name type: (_) @type) @definition.field
(const_item name: (identifier) @name type: (_) @type) @definition.constant
(static_item name: (identifier) @name type: (_) @type) @definition.variable
(type_item name: (type_identifier) @name) @definition.type
(associated_type name: (type_identifier) @name) @definition.type
(attribute_item) @decoration

; Uses

(type_identifier) @reference.type
(call_expression function: [
  (identifier) @reference.call
  (field_expression field: (field_identifier) @reference.call)
  (scoped_identifier name: (identifier) @reference.call)
  (generic_function function: [
    (identifier) @reference.call
    (field_expression field: (field_identifier) @reference.call)
    (scoped_identifier name: (identifier) @reference.call)
  ])
])
(call_expression function: (scoped_identifier
  path: (identifier) @reference.type
  (#match? @reference.type "^[A-Z]")))
(macro_invocation macro: [
  (identifier) @reference.call
  (scoped_identifier name: (identifier) @reference.call)
])

; Imports

(use_declaration argument: (_) @path) @import
(extern_crate_declaration name: (identifier) @module alias: (identifier)? @alias) @import
(mod_item name: (identifier) @module !body (#set! prefix "self::")) @import
