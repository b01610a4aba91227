; Definitions

(program (package_declaration [(identifier) (scoped_identifier)] @name) @definition.module)
(class_declaration name: (identifier) @name body: (class_body) @body) @definition.class
(class_declaration name: (identifier) @name superclass: (superclass (_) @base))
(class_declaration
  name: (identifier) @name
  interfaces: (super_interfaces (type_list (_) @base)))
(interface_declaration
  name: (identifier) @name
  body: (interface_body) @body) @definition.interface
(interface_declaration
  name: (identifier) @name
  (extends_interfaces (type_list (_) @base)))
(annotation_type_declaration
  name: (identifier) @name
  body: (annotation_type_body) @body) @definition.interface
(enum_declaration name: (identifier) @name body: (enum_body) @body) @definition.enum
(enum_declaration
  name: (identifier) @name
  interfaces: (super_interfaces (type_list (_) @base)))
(record_declaration name: (identifier) @name body: (class_body) @body) @definition.class
(record_declaration
  name: (identifier) @name
  interfaces: (super_interfaces (type_list (_) @base)))
(record_declaration parameters: (formal_parameters
  (formal_parameter type: (_) @type name: (identifier) @name) @definition.field))
; A class without a name is called as what it extends
(object_creation_expression type: (_) @name (class_body)) @scope

(method_declaration
  type: (_) @type
  name: (identifier) @name
  body: (block)? @body) @definition.method
(annotation_type_element_declaration type: (_) @type name: (identifier) @name) @definition.method
(constructor_declaration
  name: (identifier) @name
  body: (constructor_body) @body) @definition.constructor
(compact_constructor_declaration
  name: (identifier) @name
  body: (block) @body) @definition.constructor
(field_declaration
  type: (_) @type
  declarator: (variable_declarator name: (identifier) @name)) @definition.field
(constant_declaration
  type: (_) @type
  declarator: (variable_declarator name: (identifier) @name)) @definition.field
(enum_constant name: (identifier) @name) @definition.field

; Uses

(type_identifier) @reference.type
(method_invocation name: (identifier) @reference.call)
(method_reference "::" (identifier) @reference.call)
(marker_annotation name: (identifier) @reference.type)
(annotation name: (identifier) @reference.type)

; Imports

(program (import_declaration
  (scoped_identifier scope: (_) @module name: (identifier) @name) . ";") @import)
(program (import_declaration
  [(identifier) (scoped_identifier)] @module
  (asterisk) @name) @import)
