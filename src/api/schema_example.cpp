#include "api/schema_example.h"

#include <algorithm>
#include <array>
#include <optional>

namespace facegate::api {

namespace {

namespace json = boost::json;

struct Known {
    std::string_view name;
    std::string_view text;
};

/// What members of these names hold everywhere in the contract.
constexpr std::array kKnown{
    Known{"id", "user_5Hq2mXc8RtYv1Kd7LpZw3B"},
    Known{"user_id", "user_5Hq2mXc8RtYv1Kd7LpZw3B"},
    Known{"faceId", "face_7Jw4nTb9QxEr2Gf6MsUy8C"},
    Known{"face_id", "face_7Jw4nTb9QxEr2Gf6MsUy8C"},
    Known{"session_id", "sess_2Nk8vRf5WzHt6Xb1QmJc4D"},
    Known{"device_id", "dev_9Sg3yLp7CvMk4Za5TnBx1E"},
    Known{"tenant_id", "ten_6Fd1hPs4VbNq8Wj2KtGr7A"},
    Known{"key_id", "key_3Bv7kDz2MfXs9Lh5RyTc6G"},
    Known{"consent_id", "c0ffee00-5e1f-4c3a-9b7d-2a1d8e4f6b90"},
    Known{"liveness_session_id", "a1b2c3d4-0f5e-4a6b-8c7d-9e0f1a2b3c4d"},
    Known{"name", "Ada Guard"},
    Known{"role", "guard"},
    Known{"email", "ada@example.com"},
    Known{"phone", "+44 20 7946 0958"},
    Known{"external_id", "emp-1042"},
    Known{"region", "us-east-1"},
    Known{"angle", "front"},
    Known{"version", "v1"},
    Known{"consent_version", "v1"},
    Known{"consent_text_hash", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
    Known{"language", "en"},
    Known{"image", "/9j/4AAQSkZJRg…"},
    Known{"face_image", "/9j/4AAQSkZJRg…"},
    Known{"verification_token", "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3Mi…"},
    Known{"refresh_token", "eyJhbGciOiJFUzI1NiIsInR5cCI6InJlZnJlc2grand0In0.eyJpc3Mi…"},
    Known{"token", "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3Mi…"},
    Known{"continuation_token", "8fQz1LrW5kXn3VbT7mYc2JdH9sGp4E"},
    Known{"subject_hash", "5f1c2a7be0d94c3f8a6b1e2d3c4f5a6978b0c1d2e3f405162738495a6b7c8d9e"},
    Known{"hash", "9b74c9897bac770ffc029102a200c5de1f3a5c7e9b0d2f4a6c8e0b1d3f5a7c9e"},
    Known{"actor", "key_3Bv7kDz2MfXs9Lh5RyTc6G"},
    Known{"action", "user.enrolled"},
    Known{"reason", "user_request"},
    Known{"sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
    Known{"text_hash", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
    Known{"cursor", "c29tZSBwbGFjZSBpbiB0aGUgbGlzdA"},
};

struct KnownNumber {
    std::string_view name;
    double number;
};
constexpr std::array kKnownNumbers{
    KnownNumber{"confidence", 99.4},  KnownNumber{"liveness_confidence", 98.7},
    KnownNumber{"score", 0.08},       KnownNumber{"risk_score", 0.08},
    KnownNumber{"expires_in", 900},   KnownNumber{"uptime_seconds", 8421},
    KnownNumber{"latencyMs", 4},      KnownNumber{"limit", 50},
    KnownNumber{"number", 57},        KnownNumber{"target_fmr", 1e-4},
    KnownNumber{"target_fpir", 1e-3},
};

/// Of an ordinary sign-in these are false, empty or null.
constexpr std::array<std::string_view, 8> kAbsent{"factors",          "step_up_required",   "step_up_type",
                                                  "provider_session", "re_verify_required", "re_enrollment_required",
                                                  "next_cursor",      "revoked_at"};

/// What stands for nothing in that member; nothing if it has no such value.
std::optional<json::value> absent_value(const FieldInfo& field) {
    const Shape& shape = field.shape;
    if (field.optional) return json::value(nullptr);
    if (shape.kind == Kind::kBoolean) return json::value(false);
    if (shape.kind == Kind::kArray && !shape.min_length) return json::value(json::array());
    return std::nullopt;
}

constexpr std::string_view kTime = "2026-05-01T12:00:00.000Z";
constexpr std::string_view kDigest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
constexpr std::string_view kUuid = "550e8400-e29b-41d4-a716-446655440000";

std::string text_of(const Shape& shape, std::string_view name) {
    if (!shape.one_of.empty()) return shape.one_of.front();
    if (shape.format == "date-time") return std::string(kTime);
    const auto known = std::ranges::find(kKnown, name, &Known::name);
    std::string text = known == kKnown.end() ? "text" : std::string(known->text);
    if (shape.matches && !shape.matches(text)) {
        for (const std::string_view other : {kUuid, kDigest, std::string_view("ada@example.com")}) {
            if (shape.matches(other)) text = other;
        }
    }
    if (shape.max_length) text = text.substr(0, *shape.max_length);
    return text;
}

double number_of(const Shape& shape, std::string_view name) {
    const auto known = std::ranges::find(kKnownNumbers, name, &KnownNumber::name);
    const double wanted = known == kKnownNumbers.end() ? 1 : known->number;
    const double low = shape.minimum.value_or(0);
    return std::clamp(wanted, low, std::max(low, shape.maximum.value_or(wanted)));
}

json::value value_of(const Shape& shape, std::string_view name, Role role) {
    switch (shape.kind) {
        case Kind::kString: return json::string(text_of(shape, name));
        case Kind::kBoolean: return true;
        case Kind::kInteger: return static_cast<std::int64_t>(number_of(shape, name));
        case Kind::kNumber: return number_of(shape, name);
        case Kind::kArray: return json::array{value_of(*shape.items, name, role)};
        case Kind::kObject: return example_of(shape.object(), role);
        case Kind::kFreeObject:
        case Kind::kAny: return json::object{};
    }
    return nullptr;
}

/// Whether the member goes into an example of a request.
bool asked_for(const ObjectSchema& schema, const FieldInfo& field) {
    for (const ObjectSchema::Presence& rule : schema.presence()) {
        const auto found = std::ranges::find(rule.members, field.name);
        if (found != rule.members.end()) return found == rule.members.begin();
    }
    return !field.optional || field.example.has_value();
}

}  // namespace

json::value example_of(const FieldInfo& field, Role role) {
    if (field.example) return *field.example;
    if (field.default_value && role == Role::kRequest) return *field.default_value;
    if (role == Role::kResponse && std::ranges::find(kAbsent, field.name) != kAbsent.end()) {
        if (auto absent = absent_value(field)) return std::move(*absent);
    }
    return value_of(field.shape, field.name, role);
}

json::object example_of(const ObjectSchema& schema, Role role) {
    json::object example;
    for (const FieldInfo& field : schema.fields()) {
        const bool wanted =
            role == Role::kRequest ? asked_for(schema, field) : !field.omit_if_empty || field.example.has_value();
        if (wanted) example[field.name] = example_of(field, role);
    }
    return example;
}

}  // namespace facegate::api
