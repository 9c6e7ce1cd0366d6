#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/bytes.h"
#include "vision/model_pack.h"

namespace facegate::vision {
namespace {

constexpr std::string_view kRemedy = "fetch the model pack again (scripts/fetch_models)";
constexpr std::size_t kMostFirstValues = 8;  // of an output, in a manifest

double l2_of(const Tensor& tensor) {
    double squares = 0;
    for (const float value : tensor.values) squares += double{value} * double{value};
    return std::sqrt(squares);
}

std::string path_of(const ModelPack& pack, const NetworkEntry& entry) {
    return (std::filesystem::path(pack.directory) / entry.file).string();
}

/// What differs from the manifest; nothing when it agrees.
std::optional<std::string> difference(const Tensor& got, const ExpectedOutput& expected, double tolerance) {
    if (got.dims != expected.dims)
        return fmt::format("its dimensions are {} instead of {}", fmt::join(got.dims, " x "),
                           fmt::join(expected.dims, " x "));
    const double l2 = l2_of(got);
    const double rms = expected.l2 / std::sqrt(static_cast<double>(got.values.size()));
    // Written so that a NaN counts as different.
    if (!(std::abs(l2 - expected.l2) <= tolerance * expected.l2))
        return fmt::format("its L2 norm is {} instead of {}", l2, expected.l2);
    for (std::size_t i = 0; i < expected.first.size(); ++i) {
        const double wanted = expected.first[i];
        if (!(std::abs(got.values[i] - wanted) <= tolerance * std::max(std::abs(wanted), rms)))
            return fmt::format("value {} is {} instead of {}", i, got.values[i], wanted);
    }
    return std::nullopt;
}

NetworkSpec spec_of(const NetworkEntry& entry, std::string path) {
    NetworkSpec spec{std::move(path), entry.input.name, {1, 3, entry.input.size, entry.input.size}, {}};
    for (const ExpectedOutput& output : entry.outputs) spec.output_names.push_back(output.name);
    return spec;
}

}  // namespace

std::string sha256_hex(std::string_view text) {
    std::array<std::uint8_t, 32> digest{};
    if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("SHA-256 failed");
    return to_hex(digest);
}

Result<std::string> sha256_of_file(const std::string& path) {
    const auto unreadable = [&] {
        return fail(ErrorCode::kProviderError, fmt::format("{}: is missing or cannot be read; {}", path, kRemedy));
    };
    std::ifstream file(path, std::ios::binary);
    if (!file) return unreadable();
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("SHA-256 failed");
    std::vector<char> block(1 << 16);
    while (file) {
        file.read(block.data(), static_cast<std::streamsize>(block.size()));
        if (EVP_DigestUpdate(context.get(), block.data(), static_cast<std::size_t>(file.gcount())) != 1)
            throw std::runtime_error("SHA-256 failed");
    }
    if (file.bad()) return unreadable();
    std::array<std::uint8_t, 32> digest{};
    if (EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) throw std::runtime_error("SHA-256 failed");
    return to_hex(digest);
}

Result<void> check_file(const ModelPack& pack, const NetworkEntry& entry) {
    const std::string path = path_of(pack, entry);
    const Result<std::string> digest = sha256_of_file(path);
    if (!digest) return std::unexpected(digest.error());
    if (*digest != entry.sha256)
        return fail(ErrorCode::kProviderError,
                    fmt::format("{}: has SHA-256 {}, the manifest says {}; {}", path, *digest, entry.sha256, kRemedy));
    return {};
}

Tensor self_test_input(int size) {
    Tensor input{{1, 3, size, size}, {}};
    input.values.reserve(static_cast<std::size_t>(size) * static_cast<std::size_t>(size) * 3);
    for (int channel = 0; channel < 3; ++channel)
        for (int row = 0; row < size; ++row)
            for (int column = 0; column < size; ++column) {
                const int index = (row * size + column) * 3 + channel;
                input.values.push_back(static_cast<float>(0.5 + 0.5 * std::sin(0.013 * index)));
            }
    return input;
}

Result<std::unique_ptr<Network>> load_network(const ModelPack& pack, const NetworkEntry& entry,
                                              const InferenceRuntime& runtime, double tolerance) {
    if (const Result<void> checked = check_file(pack, entry); !checked) return std::unexpected(checked.error());
    const std::string path = path_of(pack, entry);
    Result<std::unique_ptr<Network>> network = runtime.load(spec_of(entry, path));
    if (!network) return network;
    const std::vector<Tensor> outputs = (*network)->run(self_test_input(entry.input.size));
    for (std::size_t i = 0; i < entry.outputs.size(); ++i) {
        if (const auto differs = difference(outputs[i], entry.outputs[i], tolerance))
            return fail(ErrorCode::kProviderError,
                        fmt::format("{}: fails its self-test under {}: output \"{}\": {}; use the other runtime or {}",
                                    path, runtime.name(), entry.outputs[i].name, *differs, kRemedy));
    }
    return network;
}

ExpectedOutput describe_output(std::string name, const Tensor& output) {
    ExpectedOutput description{std::move(name), output.dims, output.values, l2_of(output)};
    if (description.first.size() > kMostFirstValues) description.first.resize(kMostFirstValues);
    return description;
}

}  // namespace facegate::vision
