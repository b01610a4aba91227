; What JavaScript's grammar and TypeScript's have in common

; Functions without a declaration

(assignment_expression
  left: (member_expression
    object: (member_expression object: (identifier) @owner property: (property_identifier) @_prototype)
    property: (property_identifier) @name)
  right: (function_expression body: (statement_block) @body)
  (#eq? @_prototype "prototype")) @definition.method
(assignment_expression
  left: (member_expression property: (property_identifier) @name)
  right: [
    (function_expression body: (statement_block) @body)
    (arrow_function body: (_) @body)
  ]) @definition.function
(pair
  key: (property_identifier) @name
  value: [
    (function_expression body: (statement_block) @body)
    (arrow_function body: (_) @body)
  ]) @definition.function
(program (export_statement
  "default" @name
  value: [
    (function_expression body: (statement_block) @body)
    (arrow_function body: (_) @body)
  ]) @definition.function)
(program (export_statement
  "default" @name
  value: (class body: (class_body) @body)) @definition.class)

; Variables of a module that are nothing else

(program (lexical_declaration
  kind: "let"
  (variable_declarator
    name: (identifier) @name
    value: (new_expression constructor: (_) @type)?) @definition.variable))
(program (variable_declaration
  (variable_declarator
    name: (identifier) @name
    value: (new_expression constructor: (_) @type)?) @definition.variable))
; and the keys of those that are objects
(program (lexical_declaration (variable_declarator
  value: (object (pair key: (property_identifier) @name) @definition.field))))
(program (export_statement declaration: (lexical_declaration (variable_declarator
  value: (object (pair key: (property_identifier) @name) @definition.field)))))
(program (export_statement declaration: (lexical_declaration
  (variable_declarator name: (object_pattern
    (shorthand_property_identifier_pattern) @name @definition.constant)))))

; Uses

(call_expression function: [
  (identifier) @reference.call
  (member_expression property: (property_identifier) @reference.call)
])
(new_expression constructor: [
  (identifier) @reference.call
  (member_expression property: (property_identifier) @reference.call)
])
(decorator) @decoration
(decorator (identifier) @reference.call)

; Imports

(program (import_statement
  (import_clause (identifier) @alias)
  source: (string (string_fragment) @module)
  (#set! name "default")) @import)
(program (import_statement
  (import_clause (namespace_import (identifier) @alias))
  source: (string (string_fragment) @module)) @import)
(program (import_statement
  (import_clause (named_imports) @names)
  source: (string (string_fragment) @module)) @import)
(program (import_statement "import" . source: (string (string_fragment) @module)) @import)
(program (export_statement
  (export_clause) @names
  source: (string (string_fragment) @module)) @import)
(program (export_statement "*" @name source: (string (string_fragment) @module)) @import)
(program (export_statement
  (namespace_export (_) @alias)
  source: (string (string_fragment) @module)) @import)
(variable_declarator
  name: (identifier) @alias
  value: (call_expression
    function: (identifier) @_require
    arguments: (arguments . (string (string_fragment) @module)))
  (#eq? @_require "require")) @import
(variable_declarator
  name: (object_pattern) @names
  value: (call_expression
    function: (identifier) @_require
    arguments: (arguments . (string (string_fragment) @module)))
  (#eq? @_require "require")) @import
(call_expression
  function: (import)
  arguments: (arguments . (string (string_fragment) @module))) @import
