#include "descriptor_set.hpp"

#include "dotted_name.hpp"

#include <loadsim/base/input.hpp>

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cstddef>

namespace loadsim::contract {
namespace {

constexpr std::size_t max_descriptor_size = std::size_t{64} * 1024 * 1024; // bytes

} // namespace

std::string descriptor_set::read(const std::string& path) {
    const google::protobuf::LogSilencer no_log; // of symbols that are there twice
    const auto bytes = read_file(path, max_descriptor_size);
    if (!bytes) return "the file '" + path + "' " + bytes.error().list.front().text;
    constexpr auto remedy = "; write one with protoc --include_imports --descriptor_set_out=FILE";
    if (!all_.ParsePartialFromString(*bytes) || all_.file_size() == 0 || !all_.unknown_fields().empty() ||
        std::ranges::any_of(all_.file(), [](const auto& f) { return f.name().empty(); }))
        return "the file '" + path + "' is no FileDescriptorSet" + remedy;
    for (const auto& file : all_.file()) {
        google::protobuf::FileDescriptorProto known;
        if (database_.FindFileByName(file.name(), &known)) continue; // several sets, one behind the other
        if (!database_.Add(file)) return "the file '" + path + "' has a type of " + file.name() + " twice" + remedy;
        for (const auto& type : file.message_type())
            add_names(type, file.package().empty() ? "" : file.package() + ".");
    }
    return {};
}

std::string descriptor_set::problem_of(const std::string& type) const {
    if (std::ranges::find(names_, type) == names_.end()) return unknown_dotted_name("message", type, names_);
    for (const auto& file : all_.file())
        for (const auto& import : file.dependency())
            if (std::ranges::none_of(all_.file(), [&](const auto& f) { return f.name() == import; }))
                return "the descriptor set lacks " + import + ", which " + file.name() +
                       " imports; write it with protoc --include_imports";
    return "the descriptor set is wrong: " + error_.text;
}

void descriptor_set::add_names(const google::protobuf::DescriptorProto& type, const std::string& scope) {
    if (type.options().map_entry()) return;
    names_.push_back(scope + type.name());
    for (const auto& nested : type.nested_type()) add_names(nested, scope + type.name() + ".");
}

} // namespace loadsim::contract
