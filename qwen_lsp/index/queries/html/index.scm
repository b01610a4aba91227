; What has an id. The symbol is the opening tag alone: elements nest, and a page is one element.

([
  (start_tag (attribute . (attribute_name) @_id . [
    (quoted_attribute_value (attribute_value) @name)
    (attribute_value) @name
  ]))
  (self_closing_tag (attribute . (attribute_name) @_id . [
    (quoted_attribute_value (attribute_value) @name)
    (attribute_value) @name
  ]))
] @definition.section
  (#eq? @_id "id"))

(comment) @comment

; Imports

(script_element . (start_tag (attribute . (attribute_name) @_src . [
  (quoted_attribute_value (attribute_value) @module)
  (attribute_value) @module
]))
  (#eq? @_src "src")) @import
((start_tag
  . (tag_name) @_link
  (attribute . (attribute_name) @_href . [
    (quoted_attribute_value (attribute_value) @module)
    (attribute_value) @module
  ])) @import
  (#eq? @_link "link")
  (#eq? @_href "href"))
