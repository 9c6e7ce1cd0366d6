#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

namespace facegate::http {

/// Server side of TLS 1.2 and 1.3: forward secrecy and authenticated ciphers only, ALPN http/1.1.
/// Throws std::runtime_error naming the file if the PEM certificate chain or key cannot be read or do not match.
std::unique_ptr<boost::asio::ssl::context> make_tls_context(const std::string& cert_file, const std::string& key_file);

/// Throws what make_tls_context would.
void check_tls_files(const std::string& cert_file, const std::string& key_file);

}  // namespace facegate::http
