#pragma once

#include <boost/json.hpp>
#include <string>

namespace facegate::api {

/// The OpenAPI document as one page of HTML: an anchor for each operation (its operationId) and each type, tables of
/// fields, examples, a curl command. No script, nothing loaded but /docs/docs.css. Everything of the document is
/// escaped.
std::string docs_page(const boost::json::object& document);

/// The error reference as a page, from the error table.
std::string errors_page();

/// The style of both: light and dark, from phone width on.
std::string_view docs_style();

/// Text with the characters that mean something in HTML written as entities.
std::string html_escaped(std::string_view text);

}  // namespace facegate::api
