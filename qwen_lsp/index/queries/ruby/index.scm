; Definitions

(module
  name: [
    (constant) @name
    (scope_resolution scope: (_)? @owner name: (constant) @name)
  ]
  body: (body_statement)? @body) @definition.module

(class
  name: [
    (constant) @name
    (scope_resolution scope: (_)? @owner name: (constant) @name)
  ]
  superclass: (superclass [(constant) (scope_resolution)] @base)?
  body: (body_statement)? @body) @definition.class

(method name: (_) @name body: (_)? @body) @definition.function
(singleton_method name: (_) @name body: (_)? @body) @definition.function
(alias name: (identifier) @name) @definition.method

; What is mixed in, and the members that a call in the class's body makes

(class
  name: [(constant) @name (scope_resolution name: (constant) @name)]
  body: (body_statement (call
    method: (identifier) @_method
    arguments: (argument_list [(constant) (scope_resolution)] @base)))
  (#any-of? @_method "include" "extend" "prepend"))

(module
  name: [(constant) @name (scope_resolution name: (constant) @name)]
  body: (body_statement (call
    method: (identifier) @_method
    arguments: (argument_list [(constant) (scope_resolution)] @base)))
  (#any-of? @_method "include" "extend" "prepend"))

(call
  !receiver
  method: (identifier) @_method
  arguments: (argument_list (simple_symbol) @name @definition.field)
  (#any-of? @_method "attr_accessor" "attr_reader" "attr_writer"))

(call
  !receiver
  method: (identifier) @_method
  arguments: (argument_list . (simple_symbol) @name)
  (#any-of? @_method "define_method" "alias_method")) @definition.method

; `Point = Struct.new(:x) do ... end` and `NotFound = Class.new(Error)` are classes

(assignment
  left: (constant) @name
  right: (call
    receiver: (constant) @_maker
    method: (identifier) @_method
    arguments: (argument_list [(constant) (scope_resolution)] @base)?
    block: (_)? @body)
  (#any-of? @_maker "Struct" "Class" "Data" "Module")
  (#any-of? @_method "new" "define")) @definition.class

(assignment
  left: (constant)
  right: (call
    receiver: (constant) @_maker
    arguments: (argument_list (simple_symbol) @name @definition.field))
  (#any-of? @_maker "Struct" "Data"))

; Constants, and variables of an instance or a class

(assignment left: (constant) @name) @definition.constant

(assignment left: [(instance_variable) (class_variable)] @name) @definition.field
(operator_assignment left: [(instance_variable) (class_variable)] @name) @definition.field

(assignment
  left: [(constant) (instance_variable) (class_variable)] @name
  right: (call receiver: [(constant) (scope_resolution)] @constructed method: (identifier) @_new)
  (#eq? @_new "new")
  (#not-match? @constructed "^(?:Struct|Class|Data|Module)$"))

(operator_assignment
  left: [(instance_variable) (class_variable)] @name
  right: (call receiver: [(constant) (scope_resolution)] @constructed method: (identifier) @_new)
  (#eq? @_new "new"))

; Uses

(call method: (identifier) @reference.call)
(constant) @reference.type

; Imports

(call
  !receiver
  method: (identifier) @_require
  arguments: (argument_list . (string (string_content) @module))
  (#any-of? @_require "require" "require_relative" "load")) @import
