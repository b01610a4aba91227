; Headings. One written with a line of = or - below it opens no section in the grammar.

(section
  . (atx_heading heading_content: (inline) @name)
  . (_)? @body) @definition.section
(setext_heading heading_content: (paragraph (inline) @name)) @definition.section
