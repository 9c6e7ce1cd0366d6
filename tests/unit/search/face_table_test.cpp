#include "search/face_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

namespace facegate::search {
namespace {

std::set<RowNumber> rows_of(const FaceTable& table, PersonSlot person) {
    std::set<RowNumber> rows;
    for (RowNumber row = table.first_row(person); row != FaceTable::kNoRow; row = table.next_row(row)) {
        EXPECT_TRUE(rows.insert(row).second) << "a row twice";
    }
    return rows;
}

TEST(FaceTableTest, AgreesWithPlainMapsThroughManyChanges) {
    std::mt19937 random(1);
    std::uniform_int_distribution<int> any_face(0, 299);
    std::uniform_int_distribution<int> any_user(0, 39);
    FaceTable table;
    std::map<std::string, std::string> users;  // by face
    for (int i = 0; i < 20'000; ++i) {
        const std::string id = "face_with_a_long_name_" + std::to_string(any_face(random));
        if (const auto row = table.row_of(FaceId(id))) {
            EXPECT_EQ(users.erase(id), 1U);
            table.swap_remove(*row);
        } else {
            // Half of the time fewer come than go, so that people vanish and come back.
            if (i / 2000 % 2 == 1 && i % 4 != 0) continue;
            const std::string user = "user_" + std::to_string(any_user(random));
            table.push_back({FaceId(id), UserId(user), i});
            users[id] = user;
        }
        ASSERT_EQ(table.faces(), users.size());
        if (i % 500 != 0) continue;
        std::map<std::string, std::set<RowNumber>> rows_by_user;
        for (const auto& [face, user] : users) {
            const auto row = table.row_of(FaceId(face));
            ASSERT_TRUE(row);
            EXPECT_EQ(table.face(*row).face.value, face);
            EXPECT_EQ(table.face(*row).user.value, user);
            rows_by_user[user].insert(*row);
        }
        EXPECT_EQ(table.people(), rows_by_user.size());
        for (const auto& [user, rows] : rows_by_user) {
            const auto person = table.find_person(UserId(user));
            ASSERT_TRUE(person);
            EXPECT_EQ(rows_of(table, *person), rows);
            for (const RowNumber row : rows) EXPECT_EQ(table.person_of(row), *person);
        }
    }
}

TEST(FaceTableTest, NobodyIsFoundInVain) {
    FaceTable table;
    EXPECT_FALSE(table.row_of(FaceId("face_1")));
    table.push_back({FaceId("face_1"), UserId("user_1"), 3});
    EXPECT_EQ(table.face(0).photos, 3);
    table.swap_remove(0);
    EXPECT_FALSE(table.row_of(FaceId("face_1")));
    EXPECT_FALSE(table.find_person(UserId("user_1")));
    EXPECT_EQ(table.people(), 0U);
}

}  // namespace
}  // namespace facegate::search
