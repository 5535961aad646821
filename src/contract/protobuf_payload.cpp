#include "protobuf_payload.hpp"

#include "descriptor_set.hpp"
#include "typed_value.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/spelling.hpp>
#include <loadsim/contract/text_template.hpp>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

namespace loadsim::contract {
namespace {

namespace pb = google::protobuf;
using field_type = pb::FieldDescriptor::CppType;

constexpr int max_list_index = 999;
constexpr std::size_t max_value_shown = 60; // characters of a value in a problem

struct field_place {
    std::size_t message = 0; ///< the message that has the field: index into message_plan::messages
    const pb::FieldDescriptor* field = nullptr;
    int index = -1; ///< of the element; -1: the field is no list
    friend bool operator==(const field_place&, const field_place&) = default;
};

struct field_value {
    field_place place;
    payload_template text;
    std::string path;
};

struct message_plan {
    std::vector<field_place> messages{{}}; ///< the whole message, then each one behind the message that has it
    std::vector<field_value> values;
};

/// Sets the value, or appends default values up to the index of an element.
void set_default(pb::Message& message, const field_place& at) {
    const auto* how = message.GetReflection();
    const auto* field = at.field;
    const auto set = [&](const auto& value, auto setter, auto adder) {
        if (at.index < 0) (how->*setter)(&message, field, value);
        while (at.index >= 0 && how->FieldSize(message, field) <= at.index) (how->*adder)(&message, field, value);
    };
    using r = pb::Reflection;
    switch (field->cpp_type()) {
    case field_type::CPPTYPE_INT32: return set(field->default_value_int32(), &r::SetInt32, &r::AddInt32);
    case field_type::CPPTYPE_INT64: return set(field->default_value_int64(), &r::SetInt64, &r::AddInt64);
    case field_type::CPPTYPE_UINT32: return set(field->default_value_uint32(), &r::SetUInt32, &r::AddUInt32);
    case field_type::CPPTYPE_UINT64: return set(field->default_value_uint64(), &r::SetUInt64, &r::AddUInt64);
    case field_type::CPPTYPE_FLOAT: return set(field->default_value_float(), &r::SetFloat, &r::AddFloat);
    case field_type::CPPTYPE_DOUBLE: return set(field->default_value_double(), &r::SetDouble, &r::AddDouble);
    case field_type::CPPTYPE_BOOL: return set(field->default_value_bool(), &r::SetBool, &r::AddBool);
    case field_type::CPPTYPE_ENUM: return set(field->default_value_enum(), &r::SetEnum, &r::AddEnum);
    case field_type::CPPTYPE_STRING: return set(field->default_value_string(), &r::SetString, &r::AddString);
    case field_type::CPPTYPE_MESSAGE: break;
    }
}

std::string in_quotes(std::string_view text) { return "'" + excerpt(text, max_value_shown) + "' "; }

std::vector<std::string_view> descriptor_names(int count, const auto& descriptor) {
    std::vector<std::string_view> all(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) all[static_cast<std::size_t>(i)] = descriptor(i)->name();
    return all;
}

std::string unknown_value(std::string_view text, const pb::EnumDescriptor& type) {
    return unknown_name("value", excerpt(text, max_value_shown),
                        descriptor_names(type.value_count(), [&](int i) { return type.value(i); }));
}

/// Sets the field; returns the sentence about a text that is no value of its type.
std::string set_value(pb::Message& message, const field_place& at, const std::string& text) {
    const auto* how = message.GetReflection();
    const auto* field = at.field;
    const auto set = [&](const auto& value, auto setter, auto element_setter) {
        if (at.index < 0)
            (how->*setter)(&message, field, value);
        else
            (how->*element_setter)(&message, field, at.index, value);
        return std::string{};
    };
    const auto convert = [&](auto value, auto parse, auto setter, auto element_setter) {
        const auto why = parse(text, value);
        if (!why.empty()) return in_quotes(text) + why;
        return set(value, setter, element_setter);
    };
    using r = pb::Reflection;
    switch (field->cpp_type()) {
    case field_type::CPPTYPE_INT32:
        return convert(std::int32_t{}, parse_integer<std::int32_t>, &r::SetInt32, &r::SetRepeatedInt32);
    case field_type::CPPTYPE_INT64:
        return convert(std::int64_t{}, parse_integer<std::int64_t>, &r::SetInt64, &r::SetRepeatedInt64);
    case field_type::CPPTYPE_UINT32:
        return convert(std::uint32_t{}, parse_integer<std::uint32_t>, &r::SetUInt32, &r::SetRepeatedUInt32);
    case field_type::CPPTYPE_UINT64:
        return convert(std::uint64_t{}, parse_integer<std::uint64_t>, &r::SetUInt64, &r::SetRepeatedUInt64);
    case field_type::CPPTYPE_FLOAT: return convert(float{}, parse_real<float>, &r::SetFloat, &r::SetRepeatedFloat);
    case field_type::CPPTYPE_DOUBLE: return convert(double{}, parse_real<double>, &r::SetDouble, &r::SetRepeatedDouble);
    case field_type::CPPTYPE_BOOL: return convert(false, parse_bool, &r::SetBool, &r::SetRepeatedBool);
    case field_type::CPPTYPE_ENUM: {
        const auto* value = field->enum_type()->FindValueByName(text);
        if (value == nullptr) return unknown_value(text, *field->enum_type());
        return set(value, &r::SetEnum, &r::SetRepeatedEnum);
    }
    case field_type::CPPTYPE_STRING:
        if (field->type() == pb::FieldDescriptor::TYPE_STRING)
            if (const auto why = check_utf8(text); !why.empty()) return in_quotes(text) + why;
        return set(text, &r::SetString, &r::SetRepeatedString);
    case field_type::CPPTYPE_MESSAGE: break;
    }
    return {};
}

/// Finds the fields of the paths, and compiles their values.
class plan_compiler {
public:
    plan_compiler(const pb::Descriptor& type, const template_symbols& symbols, std::vector<std::string>& pointers)
        : type_(type), symbols_(symbols), pointers_(pointers) {}

    void add(const std::string& path, const payload_options& value) {
        path_ = &path;
        const auto place = find_field();
        if (!place) return;
        if (std::ranges::find(plan.values, *place, &field_value::place) != plan.values.end())
            return report("it is there twice; a field has one value");
        using form = payload_options::payload_format;
        const bool is_plain = value.format == form::text || value.format == form::plain;
        const bool is_encoded = value.format == form::hex || value.format == form::base64;
        const bool has_text = place->field->cpp_type() == field_type::CPPTYPE_STRING;
        const bool has_bytes = place->field->type() == pb::FieldDescriptor::TYPE_BYTES;
        if ((!is_plain && !has_text) || (is_encoded && !has_bytes))
            return report("a value of the type " + std::string(place->field->type_name()) +
                          " is written as a text, without {" +
                          (is_encoded ? "hex: ..} or {base64: ..}" : "json: ..} or {file: ..}"));
        auto compiled = payload_template::compile(value, symbols_, pointers_);
        if (compiled) return plan.values.push_back({*place, std::move(*compiled), path});
        for (auto& p : compiled.error().list) report(std::move(p.text));
    }

    /// Call after the last field.
    void check_lists() {
        for (const auto& [list, elements] : lists_) {
            int missing = 0;
            while (elements.contains(missing)) ++missing;
            path_ = &elements.rbegin()->second;
            if (missing <= elements.rbegin()->first)
                report("'" + list.second->name() + "[" + std::to_string(missing) +
                       "]' is missing; the indexes of a list begin with 0 and leave none out");
        }
    }

    message_plan plan;
    problems errors;

private:
    void report(std::string text) { errors.add(".fields." + *path_, std::move(text)); }

    /// nullopt: reported.
    std::optional<field_place> find_field() {
        const auto* type = &type_;
        std::size_t message = 0;
        for (std::string_view rest = *path_;;) {
            const auto element = rest.substr(0, rest.find('.'));
            const bool is_last = element.size() == rest.size();
            auto at = find_element(element, *type, is_last);
            if (!at) return at;
            at->message = message;
            if (!claim(*at)) return std::nullopt;
            if (is_last) return at;
            rest.remove_prefix(element.size() + 1);
            type = at->field->message_type();
            message = static_cast<std::size_t>(std::ranges::find(plan.messages, *at) - plan.messages.begin());
            if (message == plan.messages.size()) plan.messages.push_back(*at);
        }
    }

    /// An element of a path: NAME, or NAME[INDEX].
    std::optional<field_place> find_element(std::string_view element, const pb::Descriptor& type, bool is_last) {
        const auto refuse = [&](std::string why) {
            report(std::move(why));
            return std::nullopt;
        };
        const std::string name(element.substr(0, element.find('[')));
        field_place at{.field = type.FindFieldByName(name)};
        if (at.field == nullptr) {
            const auto names = descriptor_names(type.field_count(), [&](int i) { return type.field(i); });
            return refuse(unknown_name("field", name, names) + " (of " + type.full_name() + ")");
        }
        const bool is_message = at.field->cpp_type() == field_type::CPPTYPE_MESSAGE;
        const auto kind = std::string(is_message ? at.field->message_type()->full_name() : at.field->type_name());
        if (name.size() != element.size()) {
            if (!at.field->is_repeated()) {
                // Once: each value of a list in a scenario has an index here.
                if (!no_lists_.insert(at.field).second) return std::nullopt;
                return refuse("'" + name + "' is no list");
            }
            const auto digits = element.substr(name.size() + 1);
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), at.index);
            const bool is_index = error == std::errc{} && std::string_view(end, digits.end()) == "]";
            if (!is_index || at.index < 0 || at.index > max_list_index)
                return refuse("'" + std::string(element) + "': an index is a number from 0 to " +
                              std::to_string(max_list_index));
        } else if (at.field->is_repeated()) {
            return refuse("'" + name + "' is a list; write '" + name + "[0]'" +
                          (is_message ? "" : " or a list of values"));
        }
        if (is_last && is_message) {
            const auto& fields = *at.field->message_type();
            return refuse(
                "'" + name + "' is the message " + kind + "; a value belongs to one of its fields" +
                (fields.field_count() == 0 ? "" : ", such as '" + *path_ + "." + fields.field(0)->name() + "'"));
        }
        if (!is_last && !is_message)
            return refuse("'" + name + "' is a value of the type " + kind + " and has no fields");
        return at;
    }

    /// False, after a report: another field of the same oneof has a value.
    bool claim(const field_place& at) {
        if (at.index >= 0) lists_[{at.message, at.field}].try_emplace(at.index, *path_);
        const auto* choice = at.field->real_containing_oneof();
        if (choice == nullptr) return true;
        const auto* chosen = choices_.try_emplace({at.message, choice}, at.field).first->second;
        if (chosen == at.field) return true;
        report("'" + chosen->name() + "' has a value, too; of the oneof '" + choice->name() +
               "' only one field has one");
        return false;
    }

    const pb::Descriptor& type_;
    const template_symbols& symbols_;
    std::vector<std::string>& pointers_;
    const std::string* path_ = nullptr; ///< of the current field
    /// By message and field: the indexes, each with a path that has it.
    std::map<std::pair<std::size_t, const pb::FieldDescriptor*>, std::map<int, std::string>> lists_;
    std::set<const pb::FieldDescriptor*> no_lists_; ///< reported
    std::map<std::pair<std::size_t, const pb::OneofDescriptor*>, const pb::FieldDescriptor*> choices_;
};

class dynamic_payload final : public protobuf_payload {
public:
    problems compile(const protobuf_options& options, const template_symbols& symbols,
                     std::vector<std::string>& pointers) {
        if (auto why = descriptors_.read(options.descriptor); !why.empty())
            return problems(".descriptor", std::move(why));
        const auto* type = descriptors_.find(options.message);
        if (type == nullptr) return problems(".message", descriptors_.problem_of(options.message));
        if (options.fields.empty())
            return problems(".fields", "no field has a value; write, say, {speed: \"{signal.Vehicle.Speed}\"}");
        plan_compiler fields(*type, symbols, pointers);
        for (const auto& [path, value] : options.fields) fields.add(path, value);
        fields.check_lists();
        if (!fields.errors.empty()) return std::move(fields.errors);
        plan_ = std::move(fields.plan);
        prototype_ = factory_.GetPrototype(type);
        first_problems_.resize(plan_.values.size());
        problems errors;
        auto first = make_message(errors);
        std::vector<std::string> missing;
        first->whole->FindInitializationErrors(&missing);
        for (const auto& path : missing) errors.add(".fields", "'" + path + "' is required and has no value");
        spare_.push_back(std::move(first));
        return errors;
    }

    bool render(const template_values& from, std::string& out, std::string* problem) const override {
        auto message = take_message();
        const bool is_complete = fill(*message, from, problem);
        if (is_complete) serialize(*message->whole, out);
        const std::lock_guard lock(mutex_);
        spare_.push_back(std::move(message));
        return is_complete;
    }

    bool uses_parameter(std::size_t index) const noexcept override {
        return std::ranges::any_of(plan_.values, [=](const field_value& v) { return v.text.uses_parameter(index); });
    }

    bool uses_signals() const noexcept override {
        return std::ranges::any_of(plan_.values, [](const field_value& v) { return v.text.uses_signals(); });
    }

private:
    /// Has all fields from the beginning, so that a rendering only replaces values.
    struct reused_message {
        std::unique_ptr<pb::Message> whole;
        std::vector<pb::Message*> messages; ///< those of the plan
        std::string text;                   ///< of one value
    };

    std::unique_ptr<reused_message> take_message() const {
        {
            const std::lock_guard lock(mutex_);
            if (!spare_.empty()) {
                auto message = std::move(spare_.back());
                spare_.pop_back();
                return message;
            }
        }
        problems none; // compile() has set the same constants
        return make_message(none);
    }

    std::unique_ptr<reused_message> make_message(problems& errors) const {
        auto made = std::make_unique<reused_message>();
        made->whole.reset(prototype_->New());
        find_messages(*made);
        for (const auto& v : plan_.values) set_default(*made->messages[v.place.message], v.place);
        for (const auto& v : plan_.values) {
            if (!v.text.is_constant()) continue;
            made->text.clear();
            v.text.render({}, made->text);
            if (auto why = set_value(*made->messages[v.place.message], v.place, made->text); !why.empty())
                errors.add(".fields." + v.path, std::move(why));
        }
        return made;
    }

    /// Anew for each rendering: the entries of a map may have moved.
    void find_messages(reused_message& of) const {
        of.messages.assign(1, of.whole.get());
        for (std::size_t i = 1; i < plan_.messages.size(); ++i) {
            const auto& at = plan_.messages[i];
            auto* parent = of.messages[at.message];
            const auto* how = parent->GetReflection();
            while (at.index >= 0 && how->FieldSize(*parent, at.field) <= at.index) how->AddMessage(parent, at.field);
            of.messages.push_back(at.index < 0 ? how->MutableMessage(parent, at.field)
                                               : how->MutableRepeatedMessage(parent, at.field, at.index));
        }
    }

    bool fill(reused_message& message, const template_values& from, std::string* problem) const {
        find_messages(message);
        for (std::size_t i = 0; i < plan_.values.size(); ++i) {
            const auto& v = plan_.values[i];
            if (v.text.is_constant()) continue;
            message.text.clear();
            std::string why;
            if (v.text.render(from, message.text, &why)) {
                why = set_value(*message.messages[v.place.message], v.place, message.text);
                if (why.empty()) continue;
                why.insert(0, ": ");
            }
            const std::lock_guard lock(mutex_);
            if (first_problems_[i].empty()) first_problems_[i] = ".fields." + v.path + why;
            if (problem != nullptr) *problem = first_problems_[i];
            return false;
        }
        return true;
    }

    static void serialize(const pb::Message& message, std::string& out) {
        const auto size = message.ByteSizeLong();
        const auto before = out.size();
        out.resize(before + size);
        pb::io::ArrayOutputStream bytes(out.data() + before, static_cast<int>(size));
        pb::io::CodedOutputStream coded(&bytes);
        coded.SetSerializationDeterministic(true);
        message.SerializeWithCachedSizes(&coded);
    }

    // In this order: messages are destroyed before the types that they are of.
    descriptor_set descriptors_;
    pb::DynamicMessageFactory factory_;
    const pb::Message* prototype_ = nullptr;
    message_plan plan_;
    mutable std::mutex mutex_;                                   ///< of the members below
    mutable std::vector<std::unique_ptr<reused_message>> spare_; ///< as many as threads have rendered at one time
    mutable std::vector<std::string> first_problems_;            ///< by value of the plan
};

} // namespace

result<std::shared_ptr<const protobuf_payload>> protobuf_payload::compile(const protobuf_options& options,
                                                                          const template_symbols& symbols,
                                                                          std::vector<std::string>& pointers) {
    auto made = std::make_shared<dynamic_payload>();
    if (auto errors = made->compile(options, symbols, pointers); !errors.empty()) return errors;
    return std::shared_ptr<const protobuf_payload>(std::move(made));
}

} // namespace loadsim::contract
