// OpenAPI document: references resolved, names recognized, operations listed.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

/// Exception for a document that cannot be translated; caught in translate_openapi().
struct unusable_document {
    std::string text; ///< the problem, without the file
};

/// Letters and digits of a name, in lower case: "vehicle_id" and "vehicleId" are one.
std::string normal_name(std::string_view);
bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names);
/// True: the name of a parameter or property that identifies the vehicle.
bool is_vehicle_key(std::string_view name);
/// True: one that names the requested service.
bool is_service_key(std::string_view name);
/// Likelihood that a key of a response is the request's id: 3 to 0, not at all.
int id_rank(std::string_view name);

/// Text of the document in a comment or a problem, on one line.
std::string in_comment(std::string_view);
/// A string itself, another value as JSON; empty for null and nullptr.
std::string text_of(const boost::json::value*);

/// The document with its references resolved. Every pointer may be null: "there is none". Throws unusable_document for a reference
/// that leads out of the document, nowhere, or to itself. Threads: const, any.
class openapi_document {
public:
    explicit openapi_document(const boost::json::value& root) : root_(root) {}

    const boost::json::value* root() const { return &root_; }
    const boost::json::value& resolve(const boost::json::value&) const;
    const boost::json::value* get(const boost::json::value* from, std::string_view key) const;
    std::string text(const boost::json::value* from, std::string_view key) const { return text_of(get(from, key)); }
    bool flag(const boost::json::value* from, std::string_view key) const;
    /// Members of an object, or items of an array; none for anything else.
    const boost::json::object& members(const boost::json::value* from) const;
    const boost::json::array& items(const boost::json::value* from) const;
    const boost::json::value* first(const boost::json::value* from) const;

    /// Media type of JSON, else the first one; `type` is its name.
    const boost::json::value* media(const boost::json::value* content, std::string& type) const;
    /// Example of a media type or parameter.
    const boost::json::value* example(const boost::json::value* of) const;

    /// Types of a schema, without null; none for any type.
    std::vector<std::string> types_of(const boost::json::value* schema) const;
    bool may_be_text(const boost::json::value* schema) const;

private:
    const boost::json::value& root_;
};

struct api_operation {
    std::string method, path, id, summary;
    const boost::json::value* item = nullptr; ///< path item
    const boost::json::value* own = nullptr;
    std::vector<const boost::json::value*> parameters; ///< of path item and operation
    int score = 0;                                     ///< likelihood that it is a command to a vehicle; 0: none

    std::string name() const { return method + " " + path; }
};

/// Throws unusable_document for another kind of document, or a version other than 3.
void check_version(const openapi_document&);

/// All operations, in the order of the document; at least one.
std::vector<api_operation> operations_of(const openapi_document&);

/// The operation with that operationId or "METHOD /path"; empty: the one that looks most like a command to a vehicle.
const api_operation& choose_operation(const std::vector<api_operation>&, std::string_view wanted);

} // namespace loadsim::scenario
