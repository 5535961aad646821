// Types of Protocol Buffers messages for tests: descriptors of .proto texts, and a second reader of what is rendered.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::contract {

/// Reads the part of the .proto language that the tests need; Debian has the headers of libprotobuf's own parser in another package.
class proto_reader {
public:
    explicit proto_reader(std::string_view text) {
        const auto is_word = [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                   std::string_view("_.-\"").find(c) != std::string_view::npos;
        };
        while (!text.empty()) {
            const auto word = static_cast<std::size_t>(std::ranges::find_if_not(text, is_word) - text.begin());
            const auto length = std::max<std::size_t>(word, 1);
            if (text.front() > ' ') tokens_.emplace_back(text.substr(0, length));
            text.remove_prefix(length);
        }
    }

    google::protobuf::FileDescriptorProto file(const std::string& name) {
        made_.set_name(name);
        while (at_ < tokens_.size()) {
            const auto keyword = next();
            if (keyword == "message") {
                message(*made_.add_message_type());
            } else if (keyword == "enum") {
                auto& type = *made_.add_enum_type();
                type.set_name(next());
                for (skip("{"); !accept("}"); skip(";")) {
                    auto& value = *type.add_value();
                    value.set_name(next());
                    skip("=");
                    value.set_number(std::stoi(next()));
                }
            } else {
                accept("=");
                const auto word = next();
                const auto text = word.front() == '"' ? word.substr(1, word.size() - 2) : word;
                if (keyword == "syntax") made_.set_syntax(text);
                if (keyword == "import") made_.add_dependency(text);
                if (keyword == "package") made_.set_package(text);
                skip(";");
            }
        }
        return std::move(made_);
    }

private:
    using field_proto = google::protobuf::FieldDescriptorProto;

    std::string next() { return at_ < tokens_.size() ? tokens_[at_++] : std::string(); }
    bool accept(std::string_view token) { return at_ < tokens_.size() && tokens_[at_] == token && ++at_ != 0; }
    void skip(std::string_view token) { EXPECT_TRUE(accept(token)) << token << " before " << next(); }

    void message(google::protobuf::DescriptorProto& type) {
        type.set_name(next());
        for (skip("{"); !accept("}");) {
            if (accept("message")) {
                message(*type.add_nested_type());
            } else if (accept("oneof")) {
                const auto index = type.oneof_decl_size();
                type.add_oneof_decl()->set_name(next());
                for (skip("{"); !accept("}");) field(*type.add_field()).set_oneof_index(index);
            } else if (accept("map")) {
                auto& entry = *type.add_nested_type();
                entry.mutable_options()->set_map_entry(true);
                skip("<");
                typed(*entry.add_field(), "key", 1, next());
                skip(",");
                typed(*entry.add_field(), "value", 2, next());
                skip(">");
                // descriptor.proto: the name of an entry is that of its field in camel case.
                auto name = tokens_[at_];
                name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
                entry.set_name(name + "Entry");
                at_ -= 1;
                tokens_[at_] = type.name() + "." + entry.name();
                if (!made_.package().empty()) tokens_[at_].insert(0, made_.package() + ".");
                field(*type.add_field()).set_label(field_proto::LABEL_REPEATED);
            } else {
                field(*type.add_field());
            }
        }
        for (auto& f : *type.mutable_field()) { // behind the other ones
            if (!f.proto3_optional()) continue;
            f.set_oneof_index(type.oneof_decl_size());
            type.add_oneof_decl()->set_name("_" + f.name());
        }
    }

    field_proto& field(field_proto& made) {
        made.set_label(field_proto::LABEL_OPTIONAL);
        if (accept("repeated")) made.set_label(field_proto::LABEL_REPEATED);
        if (accept("required")) made.set_label(field_proto::LABEL_REQUIRED);
        if (accept("optional") && made_.syntax() == "proto3") made.set_proto3_optional(true);
        const auto type = next();
        const auto name = next();
        skip("=");
        typed(made, name, std::stoi(next()), type);
        skip(";");
        return made;
    }

    static void typed(field_proto& made, const std::string& name, int number, const std::string& type) {
        made.set_name(name);
        made.set_number(number);
        if (!made.has_label()) made.set_label(field_proto::LABEL_OPTIONAL);
        auto constant = "TYPE_" + type;
        for (auto& c : constant) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        field_proto::Type scalar{};
        if (field_proto::Type_Parse(constant, &scalar))
            made.set_type(scalar);
        else
            made.set_type_name(type); // of a message or an enumeration
    }

    std::vector<std::string> tokens_;
    std::size_t at_ = 0;
    google::protobuf::FileDescriptorProto made_;
};

inline google::protobuf::FileDescriptorProto parsed_proto(const std::string& name, std::string_view text) {
    return proto_reader(text).file(name);
}

inline std::string descriptor_set_of(std::string_view proto) {
    google::protobuf::FileDescriptorSet all;
    *all.add_file() = parsed_proto("test.proto", proto);
    return all.SerializeAsString();
}

/// The message in the text format of Protocol Buffers, on one line; "(none)" if the bytes are not of the type.
inline std::string decoded_text(std::string_view proto, const std::string& type, const std::string& bytes) {
    google::protobuf::DescriptorPool pool;
    const auto* file = pool.BuildFile(parsed_proto("test.proto", proto));
    const auto* found = file == nullptr ? nullptr : pool.FindMessageTypeByName(type);
    if (found == nullptr) return "(no type)";
    google::protobuf::DynamicMessageFactory factory;
    const std::unique_ptr<google::protobuf::Message> message(factory.GetPrototype(found)->New());
    if (!message->ParseFromString(bytes)) return "(none)";
    google::protobuf::TextFormat::Printer printer;
    printer.SetSingleLineMode(true);
    std::string text;
    printer.PrintToString(*message, &text);
    if (text.ends_with(' ')) text.pop_back();
    return text;
}

} // namespace loadsim::contract
