#include <gtest/gtest.h>

#include "sql/connection.h"
#include "sql/migrator.h"
#include "unit/temporary_directory.h"

namespace facegate::sql {
namespace {

/// A database as the first version left it, brought up to date.
class SchemaUpgrade : public testing::Test {
protected:
    SchemaUpgrade() {
        migrate(connection_, embedded_migrations().first(1));
        run("INSERT INTO faces (tenant_id, environment, id, user_id, pack_id, photos, angle, confidence, created_at, "
            "sealed_template) VALUES ('ten', 0, 'face_1', 'user_1', 'default-1', 1, 'front', 99.0, 5, x'01')");
        for (const char* row : {"'user_1', 3, 7", "'user_2', 3, 4", "'user_3', 3, NULL", "'user_4', 3, 9"}) {
            run(std::string("INSERT INTO users (tenant_id, environment, role, status, enrolled_with_glasses, "
                            "updated_at, id, created_at, last_verified_at) VALUES ('ten', 0, 'x', 'active', 0, 3, ") +
                row + ")");
        }
        for (const char* user : {"user_2", "user_3"}) {
            run(std::string("INSERT INTO faces (tenant_id, environment, id, user_id, pack_id, photos, angle, "
                            "confidence, created_at, sealed_template) VALUES ('ten', 0, 'face_of_") +
                user + "', '" + user + "', 'default-1', 1, 'front', 99.0, 6, x'01')");
        }
        run("INSERT INTO sessions (tenant_id, environment, id, user_id, device_id, confidence, liveness, risk, "
            "step_up_required, created_at, expires_at) VALUES ('ten', 0, 'sess_1', 'user_1', 'dev_1', 99.0, 98.0, 0.0, "
            "0, 5, 900000)");
        for (const char* row : {"'waiting', NULL, 900000, 600000, x'02'", "'used', 700000, 900000, 600000, NULL",
                                "'new', NULL, NULL, NULL, NULL"}) {
            run(std::string("INSERT INTO liveness_sessions (tenant_id, environment, id, challenge, status, created_at, "
                            "start_before, live, confidence, signals, quality, pack_id, photos, consumed_at, "
                            "use_before, ended_at, sealed_probe) SELECT 'ten', 0, c.id, 'x', 'succeeded', 100, 200, 1, "
                            "99.0, '{}', 0.0, '', 0, c.consumed, c.use_before, c.ended, c.probe FROM (SELECT ") +
                column_names(row) + ") c");
        }
        migrate(connection_, embedded_migrations());
    }
    /// `a, b, c, d, e` as named columns.
    static std::string column_names(std::string values) {
        std::string named;
        for (const char* name : {"id", "consumed", "use_before", "ended", "probe"}) {
            const auto end = values.find(", ");
            named += (named.empty() ? "" : ", ") + values.substr(0, end) + " AS " + name;
            values = end == std::string::npos ? "" : values.substr(end + 2);
        }
        return named;
    }
    void run(const std::string& sql) {
        connection_.control("BEGIN");
        connection_.execute(sql, {});
        connection_.control("COMMIT");
    }
    Rows query(const std::string& sql) {
        connection_.control("BEGIN");
        Rows rows = connection_.query(sql, {});
        connection_.control("COMMIT");
        return rows;
    }

    TemporaryDirectory directory_;
    Connection connection_{directory_.file(), Connection::Access::kReadWrite};
};

TEST_F(SchemaUpgrade, FacesStayAsEnrolledOnes) {
    const Rows rows = query("SELECT source, based_on, sealed_template FROM faces ORDER BY id");
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].text(0), "enrolled");
    EXPECT_TRUE(rows[0].is_null(1));
    EXPECT_EQ(rows[0].blob(2), Bytes{1});
}

TEST_F(SchemaUpgrade, SignInsOfThePastWereByMovementAndLight) {
    const Rows rows = query("SELECT challenge FROM sessions");
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].text(0), "movement_and_light");
}

TEST_F(SchemaUpgrade, TheFaceOfASessionWasSeenAtItsBeginning) {
    const Rows rows = query("SELECT verified_at, risk_factors, key_thumbprint FROM sessions");
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].integer(0), 5);
    EXPECT_EQ(rows[0].text(1), "[]");
    EXPECT_TRUE(rows[0].is_null(2));
}

TEST_F(SchemaUpgrade, TemplatesWereUsedAtTheLastVerificationOrEnrollment) {
    const Rows rows = query("SELECT templates_used_at FROM users ORDER BY id");
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[0].integer(0), 7) << "verified after the enrollment";
    EXPECT_EQ(rows[1].integer(0), 6) << "enrolled again after it";
    EXPECT_EQ(rows[2].integer(0), 6) << "never verified";
    EXPECT_TRUE(rows[3].is_null(0)) << "has none";
}

TEST_F(SchemaUpgrade, SessionsWhoseProbeCannotMoveAreExpired) {
    const Rows rows = query("SELECT id, use_before, consumed_at FROM liveness_sessions ORDER BY id");
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_TRUE(rows[0].is_null(1)) << "one that is not finished goes on";
    EXPECT_EQ(rows[1].integer(1), 900000) << "one that was used stays used";
    EXPECT_EQ(rows[2].integer(1), 100);
    EXPECT_EQ(query("SELECT COUNT(*) FROM liveness_probes")[0].integer(0), 0);
}

}  // namespace
}  // namespace facegate::sql
