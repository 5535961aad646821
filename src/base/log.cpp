#include <loadsim/base/encoding.hpp>
#include <loadsim/base/log.hpp>
#include <loadsim/base/secrets.hpp>

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>

namespace loadsim {
namespace {

void install_logger(const std::shared_ptr<spdlog::logger>& logger) {
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    logger->flush_on(spdlog::level::info);
    // Write errors of the log (full disk) are not printed: the report names the files that could not be written.
    logger->set_error_handler([](const std::string&) {});
    spdlog::set_default_logger(logger);
}

/// Escaped: texts hold what a platform has sent, which could forge lines or control the terminal that shows the log.
std::string line_of(std::string_view text) { return escape_for_terminal(mask_secrets(text)); }

} // namespace

result<void> log_to_file(const std::filesystem::path& file) {
    try {
        install_logger(std::make_shared<spdlog::logger>(
            "loadsim", std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string())));
    } catch (const spdlog::spdlog_ex& failed) {
        return problems{file.string(), failed.what()};
    }
    return {};
}

void log_to_terminal() {
    install_logger(
        std::make_shared<spdlog::logger>("loadsim", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()));
}

void log_info(std::string_view text) { spdlog::info(line_of(text)); }
void log_warning(std::string_view text) { spdlog::warn(line_of(text)); }
void log_error(std::string_view text) { spdlog::error(line_of(text)); }

} // namespace loadsim
