// The unsigned content of certificates.
#pragma once

#include "openssl.hpp"

#include <loadsim/certificate/authority.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

namespace loadsim::certificate {

/// First bytes of the SHA-256 of the parts; each part has its length before it.
serial_number serial_from(std::initializer_list<std::string_view> parts);

/// A certificate of version 3 with these fields, without key, extensions and signature.
certificate_handle make_unsigned(const serial_number&, const validity&, const X509_NAME* subject,
                                 const X509_NAME* issuer);

/// An extension from OpenSSL's text for it. `issuer`, `subject`: certificates that the text refers to, by "keyid" and "hash".
/// Null: not possible.
extension_handle make_extension(int nid, const std::string& text, X509* issuer = nullptr, X509* subject = nullptr);
void add_extension(X509*, const extension_handle&);
/// The key identifier of the CA, which a certificate refers to. Nothing if the CA has none.
void add_authority_key_id(X509*, const certificate_handle& ca);

ASN1_INTEGER* to_integer(const serial_number&); ///< owned by the caller

} // namespace loadsim::certificate
