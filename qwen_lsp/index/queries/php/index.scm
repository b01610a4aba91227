; Definitions

(namespace_definition name: (namespace_name) @name @definition.module)

(class_declaration name: (name) @name body: (declaration_list) @body) @definition.class
(interface_declaration name: (name) @name body: (declaration_list) @body) @definition.interface
(trait_declaration name: (name) @name body: (declaration_list) @body) @definition.trait
(enum_declaration name: (name) @name body: (enum_declaration_list) @body) @definition.enum

(class_declaration
  name: (name) @name
  (base_clause [(name) @reference.type (qualified_name (name) @reference.type)] @base))
(class_declaration
  name: (name) @name
  (class_interface_clause [(name) @reference.type (qualified_name (name) @reference.type)] @base))
(class_declaration
  name: (name) @name
  body: (declaration_list (use_declaration
    [(name) @reference.type (qualified_name (name) @reference.type)] @base)))
(interface_declaration
  name: (name) @name
  (base_clause [(name) @reference.type (qualified_name (name) @reference.type)] @base))
(enum_declaration
  name: (name) @name
  (class_interface_clause [(name) @reference.type (qualified_name (name) @reference.type)] @base))

(function_definition
  name: (name) @name
  return_type: (_)? @type
  body: (compound_statement) @body) @definition.function
(method_declaration
  name: (name) @name
  return_type: (_)? @type
  body: (compound_statement)? @body) @definition.method

(property_declaration
  type: (_)? @type
  (property_element name: (variable_name (name) @name))) @definition.field
(property_promotion_parameter
  type: (_)? @type
  name: (variable_name (name) @name)) @definition.field
(enum_case name: (name) @name) @definition.field

(const_declaration type: (_)? @type (const_element . (name) @name)) @definition.constant
(function_call_expression
  function: (name) @_define
  arguments: (arguments . (argument (string (string_content) @name)))
  (#eq? @_define "define")) @definition.constant

(program (expression_statement (assignment_expression
  left: (variable_name (name) @name)
  right: (object_creation_expression [(name) (qualified_name)] @constructed)?) @definition.variable))

(comment) @comment

; Uses

(function_call_expression function: [
  (name) @reference.call
  (qualified_name (name) @reference.call)
])
(member_call_expression name: (name) @reference.call)
(nullsafe_member_call_expression name: (name) @reference.call)
(scoped_call_expression name: (name) @reference.call)
(scoped_call_expression scope: (name) @reference.type)
(object_creation_expression [
  (name) @reference.call
  (qualified_name (name) @reference.call)
])
(named_type [
  (name) @reference.type
  (qualified_name (name) @reference.type)
])
(class_constant_access_expression . (name) @reference.type)
(attribute (name) @reference.type)
(binary_expression operator: "instanceof" right: (name) @reference.type)

; Imports

(namespace_use_declaration (namespace_use_clause
  (qualified_name prefix: (namespace_name) @module (name) @name)
  alias: (name)? @alias)) @import
(namespace_use_declaration (namespace_use_clause . (name) @module alias: (name)? @alias)) @import
(namespace_use_declaration
  (namespace_name) @module
  body: (namespace_use_group (namespace_use_clause
    . [(name) (qualified_name)] @name
    alias: (name)? @alias))) @import

(require_expression (string (string_content) @module)) @import
(require_once_expression [
  (string (string_content) @module)
  (parenthesized_expression (string (string_content) @module))
  (binary_expression right: (string (string_content) @module))
]) @import
(include_expression (string (string_content) @module)) @import
(include_once_expression [
  (string (string_content) @module)
  (parenthesized_expression (string (string_content) @module))
  (binary_expression right: (string (string_content) @module))
]) @import
