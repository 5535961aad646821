// Whether a webhook's call comes from who shares our secret.
#pragma once

#include <loadsim/observe/options.hpp>

#include <string>
#include <string_view>

namespace loadsim::observe {

/// Takes as long whatever they hold: nothing can be learnt of the one by trying others.
bool same_secret(std::string_view, std::string_view);

/// What the header holds for this body: the prefix, and HMAC(key, body) in the coding asked for, hex in small letters.
std::string sign(const webhook_options::signature&, std::string_view body);

/// Hex may be in capitals.
bool is_signed(const webhook_options::signature&, std::string_view body, std::string_view header);

} // namespace loadsim::observe
