// Text for the user on standard output and standard error; the command that the user started.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace loadsim {

/// Call in main() before a file or socket is opened. Opens /dev/null in place of closed standard streams, so that no file or socket
/// of the program gets their numbers, and ignores SIGPIPE and SIGXFSZ, so that neither a reader's end nor a limit of file sizes ends
/// the program.
void prepare_standard_streams();

/// Write the text, with secrets masked (secrets.hpp), and with control characters and invalid UTF-8 escaped; line breaks and tabs
/// stay. Text that cannot be written (reader gone, disk full) is lost. Threads: any.
void print_output(std::string_view);
void print_error(std::string_view);
/// print_output() for records, tables, JSON, whose texts from outside are masked one by one before they are composed, so that a
/// secret like "executed" or "2026" changes no key, outcome or instant.
void print_without_masking(std::string_view);

/// Writes text that is masked and escaped already, such as what another process of the program has printed, and flushes it.
void forward_output(std::string_view);

/// Flushes a stream, and records a failure of standard output for lost_output(); std::fflush() does not.
void flush_output(std::FILE*);
/// Flushes standard output. A sentence if text was lost since the start; empty if not, or if its reader has gone, as `head` does.
std::string lost_output();

/// Name that the user started this program by, quoted for a shell: first word of the commands that it prints. "loadsim" until set.
const std::string& command_name();
/// Threads: before any other starts.
void set_command_name(std::string quoted);

} // namespace loadsim
