; Definitions

(package_header (qualified_identifier) @name) @definition.module

(class_declaration
  (modifiers (class_modifier "enum"))
  name: (identifier) @name) @definition.enum
(class_declaration "interface" name: (identifier) @name) @definition.interface
(class_declaration name: (identifier) @name) @definition.class
(object_declaration name: (identifier) @name) @definition.class

(class_declaration name: (identifier) @name [(class_body) (enum_class_body)] @body)
(object_declaration name: (identifier) @name (class_body) @body)

(class_declaration
  name: (identifier) @name
  (delegation_specifiers (delegation_specifier [
    (user_type) @base
    (constructor_invocation . (user_type) @base)
    (explicit_delegation . (user_type) @base)
  ])))
(object_declaration
  name: (identifier) @name
  (delegation_specifiers (delegation_specifier [
    (user_type) @base
    (constructor_invocation . (user_type) @base)
    (explicit_delegation . (user_type) @base)
  ])))

(function_declaration name: (identifier) @name (function_body)? @body) @definition.function
(function_declaration
  name: (identifier) @name
  (function_value_parameters)
  . [(user_type) (nullable_type) (function_type)] @type)
(function_declaration
  [
    (user_type) @owner
    (nullable_type (user_type) @owner)
  ]
  . name: (identifier) @name)

(class_body (secondary_constructor "constructor" @name (block)? @body) @definition.constructor)

(class_parameter
  ["val" "var"]
  . (identifier) @name
  . [(user_type) (nullable_type) (function_type)]? @type) @definition.field

(enum_entry . (identifier) @name (class_body)? @body) @definition.field

(class_body (property_declaration
  (variable_declaration
    . (identifier) @name
    . [(user_type) (nullable_type) (function_type)]? @type)
  (call_expression . (identifier) @constructed)?) @definition.field)
(enum_class_body (property_declaration (variable_declaration
  . (identifier) @name
  . [(user_type) (nullable_type) (function_type)]? @type)) @definition.field)

(property_declaration (variable_declaration . (identifier) @name) (getter) @body)

(source_file (property_declaration
  (modifiers (property_modifier "const"))
  (variable_declaration . (identifier) @name)) @definition.constant)
(source_file (property_declaration
  (variable_declaration
    . (identifier) @name
    . [(user_type) (nullable_type) (function_type)]? @type)
  (call_expression . (identifier) @constructed)?) @definition.variable)
(source_file (property_declaration
  [
    (user_type) @owner
    (nullable_type (user_type) @owner)
  ]
  . (variable_declaration . (identifier) @name)))

(type_alias type: (identifier) @name) @definition.type

(line_comment) @comment
(block_comment) @comment

; Uses

(call_expression . [
  (identifier) @reference.call
  (navigation_expression (identifier) @reference.call .)
])
(user_type (identifier) @reference.type .)
(user_type (identifier) @reference.type . (type_arguments))

; Imports

(import (qualified_identifier) @path [(identifier) "*"]? @path) @import
