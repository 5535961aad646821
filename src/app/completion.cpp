#include "completion.hpp"

#include "command_table.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace loadsim::app {
namespace {

constexpr char path_separator = '/'; // in no name of a command

constexpr std::string_view bash_script = R"(# bash completion for loadsim, made by `loadsim completion bash`.
_loadsim() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} at='' i
    local commands='' options='' values='' scenarios=''
    # '=' is a word of its own.
    if [[ $current == '=' ]]; then
        current=''
    elif [[ $previous == '=' ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((i = 1; i < COMP_CWORD; ++i)); do
        case "$at/${COMP_WORDS[i]}" in
            @COMMANDS@) at=${at:+$at/}${COMP_WORDS[i]} ;;
        esac
    done
    case "$at" in
@WORDS@    esac
    case "$at $previous" in
@VALUES@    esac
    current=${current#[\'\"]}
    if [[ -n $values || $current == -* ]]; then
        scenarios=''
        values=${values:-$options}
    else
        values="$commands $scenarios"
    fi
    mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
    if [[ -n $scenarios && ${#COMPREPLY[@]} -gt 0 ]]; then
        compopt -o filenames # quotes blanks, and ends folders with a slash
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -X '!*.y*ml' -- "$current"; compgen -d -- "$current")
    fi
}
_loadsim_keys='@KEYS@'
_loadsim_scenarios='@SCENARIOS@'
complete -o default -F _loadsim loadsim
)";

constexpr std::string_view zsh_script = R"(#compdef loadsim
# zsh completion for loadsim, made by `loadsim completion zsh`.
typeset -ga _loadsim_keys _loadsim_scenarios
_loadsim_keys=(@KEYS@)
_loadsim_scenarios=(@SCENARIOS@)
_loadsim() {
    local at='' i
    local -a commands options scenarios
    for ((i = 2; i < CURRENT; ++i)); do
        case "$at/${words[i]}" in
            (@COMMANDS@) at=${at:+$at/}${words[i]} ;;
        esac
    done
    case "$at" in
@WORDS@    esac
    case "$at ${words[CURRENT-1]}" in
@VALUES@    esac
    if [[ ${words[CURRENT]} == -* ]]; then
        _describe -o option options
    elif (( $#commands )); then
        _describe command commands
    else
        compadd -a scenarios
        _files
    fi
}
if [[ $funcstack[1] == _loadsim ]]; then _loadsim "$@"; else compdef _loadsim loadsim; fi
)";

constexpr std::string_view fish_script = R"(# fish completion for loadsim, made by `loadsim completion fish`.
set -g __loadsim_keys @KEYS@
set -g __loadsim_scenarios @SCENARIOS@
function __loadsim_at --description 'Whether the command line so far names this command'
    set -l at
    for word in (commandline -opc)[2..-1]
        switch "$at/$word"
            case @COMMANDS@
                set at (string join / $at $word)
        end
    end
    test "$at" = "$argv[1]"
end
@WORDS@)";

/// The script with its placeholders replaced.
std::string filled(std::string_view script, const std::map<std::string_view, std::string>& texts) {
    std::string out;
    for (;;) {
        const auto begin = script.find('@');
        const auto end = begin == std::string_view::npos ? begin : script.find('@', begin + 1);
        const auto text =
            end == std::string_view::npos ? texts.end() : texts.find(script.substr(begin, end + 1 - begin));
        if (text == texts.end()) { // "$@"
            const auto kept = std::min(begin, script.size() - 1) + 1;
            out += script.substr(0, kept);
            script.remove_prefix(kept);
        } else {
            out.append(script.substr(0, begin)).append(text->second);
            script.remove_prefix(end + 1);
        }
        if (script.empty()) return out;
    }
}

std::string joined(const std::vector<std::string>& all, std::string_view separator) {
    std::string text;
    for (const auto& one : all) text.append(text.empty() ? "" : separator).append(one);
    return text;
}

/// In single quotes, as the shell reads it; line breaks become blanks.
std::string quoted(shell of, std::string_view text) {
    std::string out = "'";
    for (const char c : text)
        if (c == '\'')
            out += of == shell::fish ? "\\'" : "'\\''";
        else if (c == '\\' && of == shell::fish)
            out += "\\\\";
        else
            out += c == '\n' ? ' ' : c;
    return out + "'";
}

/// Commands and options that can follow a command, with their descriptions.
struct following_words {
    std::vector<std::pair<std::string, std::string>> commands, options;
    bool has_scenario = false; ///< as a positional argument
};

constexpr std::string_view help_text = "Print this help message and exit";

following_words words_after(const std::vector<command>& commands, const std::vector<flag>& flags) {
    following_words words;
    for (const auto& c : commands) words.commands.emplace_back(c.name, c.description);
    for (const auto& f : flags) {
        if (!is_positional(f)) words.options.emplace_back(f.name, f.help);
        words.has_scenario = words.has_scenario || (is_positional(f) && f.names_scenario);
    }
    words.options.emplace_back("--help", help_text);
    return words;
}

following_words words_at_begin(const std::vector<command>& commands) {
    auto words = words_after(commands, {});
    words.options.emplace_back("--version", "Display program version information and exit");
    return words;
}

std::string list_of(shell of, const std::vector<std::pair<std::string, std::string>>& words) {
    std::vector<std::string> all;
    for (const auto& [word, description] : words)
        all.push_back(of == shell::bash ? word : quoted(of, word + ':' + description));
    return of == shell::bash ? quoted(of, joined(all, " ")) : '(' + joined(all, " ") + ')';
}

/// An alternative of `case` in bash or zsh.
std::string case_of(shell of, const std::string& pattern, const std::vector<std::string>& lines) {
    const std::string indent(12, ' ');
    return std::string(8, ' ') + (of == shell::zsh ? "(" : "") + quoted(of, pattern) + ")\n" + indent +
           joined(lines, "\n" + indent) + " ;;\n";
}

std::string words_case(shell of, const std::string& path, const following_words& words) {
    std::vector<std::string> lines{"options=" + list_of(of, words.options)};
    if (!words.commands.empty()) lines.insert(lines.begin(), "commands=" + list_of(of, words.commands));
    if (words.has_scenario)
        lines.emplace_back(of == shell::bash ? "scenarios=$_loadsim_scenarios" : "scenarios=($_loadsim_scenarios)");
    return case_of(of, path, lines);
}

/// What completes the value of a flag in bash or zsh; empty: the flag has none.
std::vector<std::string> value_lines(shell of, const flag& f) {
    const bool is_bash = of == shell::bash;
    switch (value_kind_of(f)) {
    case value_kind::none: return {};
    case value_kind::choice: {
        const auto words = joined(f.one_of, " ");
        if (is_bash) return {"values=" + quoted(of, words)};
        return {"compadd -- " + words, "return"};
    }
    case value_kind::scenario_key:
        if (is_bash) return {"values=$_loadsim_keys", "compopt -o nospace"};
        return {"compadd -S '' -- $_loadsim_keys", "return"};
    case value_kind::number: return {is_bash ? "compopt +o default" : "_message number", "return"};
    case value_kind::file_or_text:
        if (is_bash) return {"return"}; // files, by `complete -o default`
        return {"_files", "return"};
    }
    return {};
}

/// Values of a first positional argument with a fixed set, as words like commands.
void add_positional_choices(const command& c, following_words& words) {
    for (const auto& f : c.flags)
        if (is_positional(f))
            for (const auto& value : f.one_of) words.commands.emplace_back(value, f.help);
}

std::string fish_words(const std::string& path, const following_words& words, const std::vector<flag>& flags) {
    const std::string begin = "complete -c loadsim -n \"__loadsim_at '" + path + "'\" ";
    const auto description = [](std::string_view text) { return " -d " + quoted(shell::fish, text) + '\n'; };
    std::string text;
    for (const auto& [name, help] : words.commands) text += begin + "-f -a " + name + description(help);
    if (words.has_scenario) text += begin + "-a '$__loadsim_scenarios'" + description("Scenario");
    for (const auto& [name, help] : words.options) {
        const auto f = std::ranges::find(flags, name, &flag::name);
        text += begin + "-l " + name.substr(2);
        switch (f == flags.end() ? value_kind::none : value_kind_of(*f)) {
        case value_kind::none: break;
        case value_kind::choice: text += " -x -a " + quoted(shell::fish, joined(f->one_of, " ")); break;
        case value_kind::scenario_key: text += " -x -a '$__loadsim_keys'"; break;
        case value_kind::number: text += " -x"; break;
        case value_kind::file_or_text: text += " -r"; break;
        }
        text += description(help);
    }
    return text;
}

} // namespace

std::string completion_script(shell of, const std::vector<command>& commands,
                              const std::vector<std::string>& scenario_keys,
                              const std::vector<std::string>& scenario_names) {
    std::vector<std::string> patterns, keys;
    std::string words, values;
    const auto add_words = [&](const std::string& path, const following_words& following,
                               const std::vector<flag>& flags) {
        words += of == shell::fish ? fish_words(path, following, flags) : words_case(of, path, following);
    };
    add_words("", words_at_begin(commands), {});
    for (const auto& [path, c] : all_commands(commands, path_separator)) {
        // As a shell has it: what came before, the separator, the word.
        patterns.push_back(path.find(path_separator) == std::string::npos ? path_separator + path : path);
        auto following = words_after(c->subcommands, c->flags);
        add_positional_choices(*c, following);
        add_words(path, following, c->flags);
        for (const auto& f : c->flags)
            if (const auto lines = value_lines(of, f); !is_positional(f) && !lines.empty())
                values += case_of(of, path + ' ' + f.name, lines);
    }
    for (const auto& key : scenario_keys) keys.push_back(of == shell::bash ? key + '=' : quoted(of, key + '='));
    const auto script = of == shell::bash ? bash_script : of == shell::zsh ? zsh_script : fish_script;
    return filled(script, {{"@COMMANDS@", joined(patterns, of == shell::bash  ? " | "
                                                           : of == shell::zsh ? "|"
                                                                              : " ")},
                           {"@WORDS@", words},
                           {"@VALUES@", values},
                           {"@KEYS@", joined(keys, " ")},
                           {"@SCENARIOS@", joined(scenario_names, " ")}});
}

} // namespace loadsim::app
