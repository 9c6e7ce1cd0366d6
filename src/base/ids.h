#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace facegate {

/// A string identifier that cannot be mistaken for one of another kind.
template <class Tag>
struct Id {
    std::string value;

    Id() = default;
    explicit Id(std::string text) : value(std::move(text)) {}
    [[nodiscard]] bool empty() const { return value.empty(); }
    friend auto operator<=>(const Id&, const Id&) = default;
};

using TenantId = Id<struct TenantTag>;                    ///< `ten_…`
using KeyId = Id<struct KeyTag>;                          ///< `key_…`
using UserId = Id<struct UserTag>;                        ///< `user_…`
using FaceId = Id<struct FaceTag>;                        ///< `face_…`
using SessionId = Id<struct SessionTag>;                  ///< `sess_…`
using DeviceId = Id<struct DeviceTag>;                    ///< `dev_…` or what the client named itself
using ConsentId = Id<struct ConsentTag>;                  ///< UUID v4
using LivenessSessionId = Id<struct LivenessSessionTag>;  ///< UUID v4

/// Users, faces, consents, sessions and policies of two environments never mix. `demo` exists only for
/// the demo tenant. The numbers are stored: never renumber.
enum class Environment { kTest = 0, kLive = 1, kDemo = 2 };

/// "test", "live" or "demo".
constexpr const char* name_of(Environment environment) {
    switch (environment) {
        case Environment::kTest: return "test";
        case Environment::kLive: return "live";
        case Environment::kDemo: return "demo";
    }
    return "?";
}

/// Whose rows: what every tenant transaction is bound to.
struct Scope {
    TenantId tenant;
    Environment environment = Environment::kTest;
    friend auto operator<=>(const Scope&, const Scope&) = default;
};

}  // namespace facegate

template <class Tag>
struct std::hash<facegate::Id<Tag>> {
    std::size_t operator()(const facegate::Id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.value); }
};
