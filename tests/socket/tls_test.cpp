#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <stdexcept>

#include "base/random.h"
#include "socket/support.h"

namespace facegate::http::testing {
namespace {

namespace fs = std::filesystem;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<FILE, decltype(&std::fclose)>;

/// Writes a fresh P-256 key and a certificate it signed itself.
void write_identity(const fs::path& cert_path, const fs::path& key_path) {
    const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const Certificate cert(X509_new(), X509_free);
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
    X509_set_pubkey(cert.get(), key.get());
    X509_NAME* name = X509_get_subject_name(cert.get());
    constexpr std::array<unsigned char, 9> kHost = {'l', 'o', 'c', 'a', 'l', 'h', 'o', 's', 't'};
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, kHost.data(), kHost.size(), -1, 0);
    X509_set_issuer_name(cert.get(), name);
    X509_sign(cert.get(), key.get(), EVP_sha256());
    const File cert_file(std::fopen(cert_path.c_str(), "w"), std::fclose);
    PEM_write_X509(cert_file.get(), cert.get());
    const File key_file(std::fopen(key_path.c_str(), "w"), std::fclose);
    PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

class TlsClient final : public Client {
public:
    TlsClient(std::uint16_t port, const std::string& protocols, int max_version = 0)
        : Client(port), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), ssl_(nullptr, SSL_free) {
        if (max_version != 0) {
            SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
            SSL_CTX_set_max_proto_version(context_.get(), max_version);
            SSL_CTX_set_cipher_list(context_.get(), "ALL:@SECLEVEL=0");
        }
        ssl_.reset(SSL_new(context_.get()));
        if (!protocols.empty()) {
            Bytes list = {static_cast<std::uint8_t>(protocols.size())};
            list.insert(list.end(), protocols.begin(), protocols.end());
            SSL_set_alpn_protos(ssl_.get(), list.data(), static_cast<unsigned>(list.size()));
        }
        SSL_set_fd(ssl_.get(), fd());
        shaken_ = SSL_connect(ssl_.get()) == 1;
        ERR_clear_error();
    }
    [[nodiscard]] bool shaken() const { return shaken_; }
    [[nodiscard]] std::string version() const { return SSL_get_version(ssl_.get()); }
    [[nodiscard]] std::string protocol() const {
        const unsigned char* data = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(ssl_.get(), &data, &size);
        return {data, data + size};
    }
    /// True if the server said goodbye in the way of TLS.
    [[nodiscard]] bool closed_properly() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

protected:
    ssize_t write_some(std::string_view bytes) override {
        return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    }
    ssize_t read_some(char* out, std::size_t size) override {
        const int count = SSL_read(ssl_.get(), out, static_cast<int>(size));
        ERR_clear_error();
        return count;
    }

private:
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
    bool shaken_ = false;
};

class Tls : public ServerTest {
protected:
    Tls() : folder_(fs::temp_directory_path() / SystemRandom().id("tls_")) {
        fs::create_directories(folder_);
        write_identity(folder_ / "cert.pem", folder_ / "key.pem");
        options_.tls_cert = folder_ / "cert.pem";
        options_.tls_key = folder_ / "key.pem";
        service_.handlers["/secure"] = [](const Request& request) { return text(request.secure ? "yes" : "no"); };
    }
    ~Tls() override { fs::remove_all(folder_); }

    std::string error_of_starting() {
        try {
            start();
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return {};
    }

    fs::path folder_;
};

TEST_F(Tls, ServesRequests) {
    TlsClient client(start(), "");
    ASSERT_TRUE(client.shaken());
    EXPECT_EQ(client.version(), "TLSv1.3");
    EXPECT_EQ(client.get("/secure").body, "yes");
    EXPECT_EQ(client.post("/echo", std::string(90'000, 'e')).body, std::string(90'000, 'e'));
    EXPECT_EQ(client.ask("GET /secure HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").body, "yes");
    EXPECT_TRUE(client.ended());
    EXPECT_TRUE(client.closed_properly());
}

TEST_F(Tls, SpeaksTls12ButNothingOlder) {
    const std::uint16_t port = start();
    TlsClient older(port, "", TLS1_2_VERSION);
    ASSERT_TRUE(older.shaken());
    EXPECT_EQ(older.get("/secure").body, "yes");
    EXPECT_FALSE(TlsClient(port, "", TLS1_1_VERSION).shaken());
}

TEST_F(Tls, AgreesOnHttp11Only) {
    const std::uint16_t port = start();
    TlsClient client(port, "http/1.1");
    ASSERT_TRUE(client.shaken());
    EXPECT_EQ(client.protocol(), "http/1.1");
    EXPECT_FALSE(TlsClient(port, "h2").shaken());
}

TEST_F(Tls, RefusesTooLargeBodiesSoThatTheClientSeesIt) {
    TlsClient client(start(), "");
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n");
    client.send(std::string(4'000'000, 'x'));
    EXPECT_EQ(client.read_answer().status, 413U);
}

TEST_F(Tls, DropsWhoDoesNotShakeHands) {
    options_.handshake_timeout = Milliseconds(100);
    const std::uint16_t port = start();
    Client silent(port);
    EXPECT_TRUE(silent.ended());
    Client plain(port);
    EXPECT_EQ(plain.get("/secure").status, 0U);
    EXPECT_EQ(TlsClient(port, "").get("/secure").body, "yes");
}

TEST_F(Tls, DropsAnIdleConnection) {
    options_.idle_timeout = Milliseconds(100);
    TlsClient client(start(), "");
    EXPECT_EQ(client.get("/secure").body, "yes");
    EXPECT_TRUE(client.ended());
}

TEST_F(Tls, SaysClearlyWhichFileIsWrong) {
    options_.tls_cert = folder_ / "missing.pem";
    EXPECT_THAT(error_of_starting(), ::testing::HasSubstr("missing.pem"));
    options_.tls_cert = folder_ / "cert.pem";
    options_.tls_key.clear();
    EXPECT_THAT(error_of_starting(), ::testing::HasSubstr("private key"));
    write_identity(folder_ / "other-cert.pem", folder_ / "other-key.pem");
    options_.tls_key = folder_ / "other-key.pem";
    EXPECT_THAT(error_of_starting(), ::testing::HasSubstr("other-key.pem"));
}

}  // namespace
}  // namespace facegate::http::testing
