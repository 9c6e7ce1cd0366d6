#include "http/tls.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <stdexcept>

namespace facegate::http {

namespace {

namespace ssl = boost::asio::ssl;

/// A client that offers protocols but not http/1.1 is turned away (RFC 7301, 3.2).
int choose_protocol(SSL* /*session*/, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void* /*context*/) {
    static constexpr unsigned char kOurs[] = "\x08http/1.1";
    unsigned char* match = nullptr;
    if (SSL_select_next_proto(&match, chosen_size, kOurs, sizeof(kOurs) - 1, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *chosen = match;
    return SSL_TLSEXT_ERR_OK;
}

void require(const boost::system::error_code& error, const std::string& what, const std::string& file) {
    if (error) throw std::runtime_error(fmt::format("TLS: {} {}: {}", what, file, error.message()));
}

}  // namespace

std::unique_ptr<ssl::context> make_tls_context(const std::string& cert_file, const std::string& key_file) {
    auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
    SSL_CTX* native = context->native_handle();
    context->set_options(ssl::context::default_workarounds | ssl::context::no_compression);
    SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
        throw std::runtime_error("TLS: protocol settings are not supported by the OpenSSL library");
    }
    SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);

    boost::system::error_code error;
    context->use_certificate_chain_file(cert_file, error);
    require(error, "cannot use certificate", cert_file);
    context->use_private_key_file(key_file, ssl::context::pem, error);
    require(error, "cannot use private key (or it does not belong to the certificate)", key_file);
    if (SSL_CTX_check_private_key(native) != 1) {
        throw std::runtime_error(fmt::format("TLS: key {} does not belong to certificate {}", key_file, cert_file));
    }
    return context;
}

void check_tls_files(const std::string& cert_file, const std::string& key_file) {
    static_cast<void>(make_tls_context(cert_file, key_file));
}

}  // namespace facegate::http
