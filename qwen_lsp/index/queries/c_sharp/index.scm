; Definitions

(compilation_unit (file_scoped_namespace_declaration name: (_) @name) @definition.module)
(namespace_declaration name: (_) @name body: (declaration_list) @body) @definition.module
(class_declaration name: (identifier) @name body: (declaration_list)? @body) @definition.class
(struct_declaration name: (identifier) @name body: (declaration_list)? @body) @definition.struct
(record_declaration name: (identifier) @name body: (declaration_list)? @body) @definition.class
(interface_declaration
  name: (identifier) @name
  body: (declaration_list)? @body) @definition.interface
(enum_declaration
  name: (identifier) @name
  body: (enum_member_declaration_list)? @body) @definition.enum
(class_declaration name: (identifier) @name (base_list [
  (identifier) @base @reference.type
  [(generic_name) (qualified_name)] @base
]))
(struct_declaration name: (identifier) @name (base_list [
  (identifier) @base @reference.type
  [(generic_name) (qualified_name)] @base
]))
(record_declaration name: (identifier) @name (base_list [
  (identifier) @base @reference.type
  [(generic_name) (qualified_name)] @base
]))
(interface_declaration name: (identifier) @name (base_list [
  (identifier) @base @reference.type
  [(generic_name) (qualified_name)] @base
]))
(record_declaration
  (parameter_list (parameter type: (_) @type name: (identifier) @name) @definition.field))
(enum_member_declaration name: (identifier) @name) @definition.field
(delegate_declaration type: (_) @type name: (identifier) @name) @definition.type

(method_declaration
  returns: (_) @type
  name: (identifier) @name
  body: (_)? @body) @definition.method
(local_function_statement
  type: (_) @type
  name: (identifier) @name
  body: (_)? @body) @definition.function
(constructor_declaration name: (identifier) @name body: (_)? @body) @definition.constructor
(destructor_declaration "~" @name body: (_)? @body) @definition.method
(operator_declaration "operator" @name body: (_)? @body) @definition.method
(indexer_declaration type: (_) @type "this" @name) @definition.method
(property_declaration
  type: (_) @type
  name: (identifier) @name
  accessors: (accessor_list)? @body) @definition.field
(field_declaration (variable_declaration
  type: (_) @type
  (variable_declarator name: (identifier) @name))) @definition.field
(event_field_declaration (variable_declaration
  type: (_) @type
  (variable_declarator name: (identifier) @name))) @definition.field

; Uses

(invocation_expression function: [
  (identifier) @reference.call
  (generic_name (identifier) @reference.call)
  (member_access_expression name: [
    (identifier) @reference.call
    (generic_name (identifier) @reference.call)
  ])
  (conditional_access_expression (member_binding_expression name: (identifier) @reference.call))
])
(object_creation_expression type: (identifier) @reference.type)
(variable_declaration type: (identifier) @reference.type)
(parameter type: (identifier) @reference.type)
(property_declaration type: (identifier) @reference.type)
(method_declaration returns: (identifier) @reference.type)
(generic_name (identifier) @reference.type)
(type_argument_list (identifier) @reference.type)
(nullable_type type: (identifier) @reference.type)
(array_type type: (identifier) @reference.type)
(cast_expression type: (identifier) @reference.type)
(attribute name: (identifier) @reference.type)

; Imports

(using_directive !name [(identifier) (qualified_name)] @module) @import
(using_directive name: (identifier) @alias [(qualified_name) (generic_name)] @module) @import
