#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "domain/tenants/tenant.h"
#include "domain/users/user.h"
#include "domain/vault/vault.h"
#include "sql/database.h"
#include "unit/temporary_directory.h"

namespace facegate::domain {

/// A real database on a temporary file with two tenants, and a clock that stands still until a test moves it.
class DomainTest : public testing::Test {
protected:
    DomainTest();

    /// A user with a data key, without faces.
    UserId add_user(const Scope& scope, const std::string& name = "Ada Guard");
    UserId add_user(const Scope& scope, const UserProfile& profile);
    /// A face of `user` whose vector starts with `first`.
    FaceId add_face_to(const Scope& scope, const UserId& user, float first = 1);
    ConsentId add_consent(const Scope& scope);
    /// A liveness session that ended live, with a probe that starts with `first`.
    LivenessSessionId add_finished_session(const Scope& scope, float first = 1);
    std::int64_t rows_in(const std::string& table);

    SystemRandom random_;
    TemporaryDirectory directory_;
    std::string path_ = directory_.file("facegate.db");
    sql::Database db_{{path_, 2}};
    crypto::SecretKey master_ = crypto::SecretKey::generate(random_);
    Vault vault_{master_, random_};
    TimeMs now_ = from_unix_ms(1'780'000'000'123);
    Scope ours_;                 ///< test environment of the first tenant
    Scope ours_live_;            ///< its live environment
    Scope theirs_;               ///< test environment of the second tenant
    std::vector<Scope> others_;  ///< every scope but `ours_`
};

std::vector<float> vector_of(float first, std::size_t dimension = 8);

}  // namespace facegate::domain
