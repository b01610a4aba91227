; Definitions

(class_definition
  name: (identifier) @name
  body: (block . (expression_statement (string) @documentation)? ) @body) @definition.class

(class_definition
  name: (identifier) @name
  superclasses: (argument_list [
    (identifier) @base @reference.type
    (attribute attribute: (identifier) @reference.type) @base
    (subscript value: (identifier) @reference.type) @base
  ]))

(function_definition
  name: (identifier) @name
  return_type: (type)? @type
  body: (block . (expression_statement (string) @documentation)? ) @body) @definition.function

(decorator) @decoration

; Variables of a module or a class; `self.x = ...` is a field of the class around it

(module (expression_statement (assignment
  left: (identifier) @name
  type: (type)? @type
  right: (call function: [(identifier) (attribute)] @constructed)?) @definition.variable))

(class_definition body: (block (expression_statement (assignment
  left: (identifier) @name
  type: (type)? @type
  right: (call function: [(identifier) (attribute)] @constructed)?) @definition.field)))

(assignment
  left: (attribute object: (identifier) @_self attribute: (identifier) @name)
  type: (type)? @type
  right: [(call function: [(identifier) (attribute)] @constructed) (identifier) @assigned]?
  (#eq? @_self "self")) @definition.field

(function_definition
  name: (identifier) @_constructor
  parameters: (parameters [
    (typed_parameter (identifier) @parameter type: (type) @parameter.type)
    (typed_default_parameter name: (identifier) @parameter type: (type) @parameter.type)
  ])
  (#eq? @_constructor "__init__"))

; Uses

(call function: [
  (identifier) @reference.call
  (attribute attribute: (identifier) @reference.call)
])
(decorator [
  (identifier) @reference.call
  (attribute attribute: (identifier) @reference.call)
])
(type [
  (identifier) @reference.type
  (attribute attribute: (identifier) @reference.type)
  (generic_type (identifier) @reference.type)
])

; Imports

(import_statement name: (dotted_name) @module) @import
(import_statement name: (aliased_import name: (dotted_name) @module alias: (identifier) @alias)) @import
(import_from_statement module_name: (_) @module name: (dotted_name) @name) @import
(import_from_statement module_name: (_) @module
  name: (aliased_import name: (dotted_name) @name alias: (identifier) @alias)) @import
(import_from_statement module_name: (_) @module (wildcard_import "*" @name)) @import
