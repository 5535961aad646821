// Types of Protocol Buffers messages, from a FileDescriptorSet. This file and its users are the only ones of libprotobuf.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>

#include <string>
#include <vector>

namespace loadsim::contract {

class descriptor_set {
public:
    /// Call once, before the others. Returns the problem; empty: none.
    std::string read(const std::string& path);
    /// Null: problem_of() says why. Only the files that the type needs are checked.
    const google::protobuf::Descriptor* find(const std::string& type) const {
        return pool_.FindMessageTypeByName(type);
    }
    std::string problem_of(const std::string& type) const;

private:
    /// Keeps the first error, which libprotobuf would write to standard error.
    struct first_error final : google::protobuf::DescriptorPool::ErrorCollector {
        void AddError(const std::string& file, const std::string& element, const google::protobuf::Message*,
                      ErrorLocation, const std::string& problem) override {
            if (text.empty()) text = file + ", " + element + ": " + problem;
        }
        std::string text;
    };
    void add_names(const google::protobuf::DescriptorProto& type, const std::string& scope);

    google::protobuf::FileDescriptorSet all_;
    std::vector<std::string> names_; ///< of all types
    google::protobuf::SimpleDescriptorDatabase database_;
    first_error error_;
    google::protobuf::DescriptorPool pool_{&database_, &error_};
};

} // namespace loadsim::contract
