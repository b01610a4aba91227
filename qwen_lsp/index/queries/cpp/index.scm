; Definitions that C does not have

(class_specifier name: (_) @name body: (field_declaration_list) @body) @definition.class
(class_specifier name: (_) @name (base_class_clause [
  (type_identifier) (qualified_identifier) (template_type)
] @base))
(struct_specifier name: (_) @name (base_class_clause [
  (type_identifier) (qualified_identifier) (template_type)
] @base))
(namespace_definition name: (_) @name body: (declaration_list) @body) @definition.module
(alias_declaration name: (type_identifier) @name) @definition.type
(concept_definition name: (identifier) @name) @definition.type

; Functions of classes, in them and outside
(function_definition
  type: (_)? @type
  declarator: [
    (function_declarator declarator: [
      (field_identifier) (destructor_name) (operator_name)
    ] @name)
    (pointer_declarator declarator: (function_declarator
      declarator: [(field_identifier) (operator_name)] @name))
    (reference_declarator (function_declarator
      declarator: [(field_identifier) (operator_name)] @name))
  ]
  body: (_)? @body) @definition.function
(function_definition
  !type
  declarator: (function_declarator declarator: (identifier) @name)
  body: (_)? @body) @definition.function
(function_definition
  type: (_)? @type
  declarator: [
    (function_declarator declarator: (qualified_identifier
      scope: (_) @owner
      name: [(identifier) (destructor_name) (operator_name)] @name))
    (function_declarator declarator: (qualified_identifier
      scope: (_) @owner
      name: (qualified_identifier
        scope: (_) @owner
        name: [(identifier) (destructor_name) (operator_name)] @name)))
    (function_declarator declarator: (qualified_identifier
      scope: (_) @owner
      name: (qualified_identifier
        scope: (_) @owner
        name: (qualified_identifier
          scope: (_) @owner
          name: [(identifier) (destructor_name) (operator_name)] @name))))
    (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier
      scope: (_) @owner
      name: [(identifier) (operator_name)] @name)))
    (reference_declarator (function_declarator declarator: (qualified_identifier
      scope: (_) @owner
      name: [(identifier) (operator_name)] @name)))
  ]
  body: (_)? @body) @definition.function
(field_declaration
  type: (_) @type
  declarator: [
    (function_declarator declarator: [(field_identifier) (operator_name)] @name)
    (pointer_declarator declarator: (function_declarator
      declarator: [(field_identifier) (operator_name)] @name))
    (reference_declarator (function_declarator
      declarator: [(field_identifier) (operator_name)] @name))
  ]) @definition.method
(field_declaration
  type: (_) @type
  declarator: (reference_declarator (field_identifier) @name)) @definition.field
(declaration
  !type
  declarator: (function_declarator
    declarator: [(identifier) (destructor_name)] @name)) @definition.function
(declaration
  type: (_) @type
  declarator: (reference_declarator
    (function_declarator declarator: (identifier) @name))) @definition.function
(template_parameter_list) @decoration

; Variables of a namespace

(namespace_definition body: (declaration_list (declaration
  type: (_) @type
  declarator: [
    (identifier) @name
    (init_declarator declarator: (identifier) @name)
  ]) @definition.variable))

; Uses

(call_expression function: [
  (qualified_identifier name: (identifier) @reference.call)
  (template_function name: (identifier) @reference.call)
])

; Imports

(using_declaration (qualified_identifier) @path) @import
