#include "api/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "api/json_reader.h"
#include "api/json_writer.h"

namespace facegate::api {
namespace {

struct Point {
    double x = 0;
    std::optional<std::string> label;

    static const Schema<Point>& schema() {
        static const Schema<Point> kSchema("Point", {field("x", &Point::x, "Right of the origin.").min(-1).max(1),
                                                     field("label", &Point::label, "Its name.").max_length(3)});
        return kSchema;
    }
};

/// One field of every kind.
struct Everything {
    std::string name;
    std::int64_t count = 0;
    std::optional<bool> flag;
    std::string choice;
    std::optional<std::string> id;
    std::optional<std::string> email;
    std::optional<std::string> hash;
    std::optional<TimeMs> at;
    std::optional<std::string> note;
    std::optional<std::vector<std::string>> tags;
    std::optional<std::vector<Point>> points;
    std::optional<Point> point;
    std::optional<boost::json::object> metadata;
    std::optional<std::uint8_t> small;

    static const Schema<Everything>& schema() {
        using E = Everything;
        static const Schema<E> kSchema(
            "Everything",
            {field("name", &E::name, "").min_length(2).max_length(4), field("count", &E::count, "").min(1).max(9),
             field("flag", &E::flag, ""), field("choice", &E::choice, "").one_of({"a", "b"}).default_value("b"),
             field("id", &E::id, "").uuid(), field("email", &E::email, "").email(),
             field("hash", &E::hash, "").sha256_hex(), field("at", &E::at, ""), field("note", &E::note, "").nullable(),
             field("tags", &E::tags, "").min_items(1).max_items(2).each([](Shape& tag) { tag.max_length = 2; }),
             field("points", &E::points, ""), field("point", &E::point, ""),
             field("metadata", &E::metadata, "").max_length(23), field("small", &E::small, "")});
        return kSchema;
    }
};

/// `path: code (message)` of each issue.
std::vector<std::string> issues_of(const Result<Everything>& result) {
    std::vector<std::string> lines;
    if (result) return lines;
    for (const ValidationIssue& issue : result.error().issues) {
        std::string path;
        for (const std::string& step : issue.path) path += (path.empty() ? "" : ".") + step;
        lines.push_back(path + ": " + issue.code + " (" + issue.message + ")");
    }
    return lines;
}

struct Case {
    std::string name;
    std::string body;
    std::vector<std::string> issues;
};

TEST(Schema, FindsEveryIssueOfABody) {
    const std::string ok = R"("name":"Ada","count":1)";
    const auto with = [&](const std::string& members) { return "{" + ok + "," + members + "}"; };
    const std::vector<Case> cases = {
        {"smallest", "{" + ok + "}", {}},
        {"unknown members are ignored", with(R"("zzz":[{}])"), {}},
        {"not an object", "[1]", {": invalid_type (Expected object, received array)"}},
        {"null", "null", {": invalid_type (Expected object, received null)"}},
        {"all missing", "{}", {"name: invalid_type (Required)", "count: invalid_type (Required)"}},
        {"null is no value",
         R"({"name":null,"count":null})",
         {"name: invalid_type (Expected string, received null)",
          "count: invalid_type (Expected integer, received null)"}},
        {"no coercion",
         R"({"name":12,"count":"1","flag":"true"})",
         {"name: invalid_type (Expected string, received number)",
          "count: invalid_type (Expected integer, received string)",
          "flag: invalid_type (Expected boolean, received string)"}},
        {"short", R"({"name":"A","count":1})", {"name: too_small (String must contain at least 2 character(s))"}},
        {"long", R"({"name":"Abcde","count":1})", {"name: too_big (String must contain at most 4 character(s))"}},
        {"code points, not bytes", R"({"name":"äöü€","count":1})", {}},
        {"NUL", R"({"name":"a\u0000b","count":1})", {"name: invalid_string (String must not contain U+0000)"}},
        {"low", R"({"name":"Ada","count":0})", {"count: too_small (Number must be greater than or equal to 1)"}},
        {"high", R"({"name":"Ada","count":10})", {"count: too_big (Number must be less than or equal to 9)"}},
        {"upper bound", R"({"name":"Ada","count":9})", {}},
        {"float", R"({"name":"Ada","count":1.5})", {"count: invalid_type (Expected integer, received float)"}},
        {"1.0 is an integer", R"({"name":"Ada","count":1.0})", {}},
        {"huge",
         R"({"name":"Ada","count":18446744073709551615})",
         {"count: too_big (Number must be less than or equal to 9)"}},
        {"range of the type", with(R"("small":256)"), {"small: too_big (Number must be less than or equal to 255)"}},
        {"range of the type, below",
         with(R"("small":-1)"),
         {"small: too_small (Number must be greater than or equal to 0)"}},
        {"enum",
         with(R"("choice":"c")"),
         {"choice: invalid_enum_value (Invalid enum value. Expected 'a' | 'b', received 'c')"}},
        {"enum of another type", with(R"("choice":1)"), {"choice: invalid_type (Expected string, received number)"}},
        {"uuid", with(R"("id":"c0ffee00")"), {"id: invalid_string (Invalid uuid)"}},
        {"good uuid", with(R"("id":"c0ffee00-1234-4abc-8def-0123456789ab")"), {}},
        {"email", with(R"("email":"ada@")"), {"email: invalid_string (Invalid email)"}},
        {"good email", with(R"("email":"ada@example.com")"), {}},
        {"hash", with(R"("hash":"xyz")"), {"hash: invalid_string (Invalid SHA-256: expected 64 hexadecimal digits)"}},
        {"time", with(R"("at":"yesterday")"), {"at: invalid_string (Invalid datetime)"}},
        {"good time", with(R"("at":"2026-05-01T12:00:00.000Z")"), {}},
        {"optional is not nullable", with(R"("flag":null)"), {"flag: invalid_type (Expected boolean, received null)"}},
        {"nullable", with(R"("note":null)"), {}},
        {"few items", with(R"("tags":[])"), {"tags: too_small (Array must contain at least 1 element(s))"}},
        {"many items; only the allowed ones are looked at",
         with(R"("tags":["a",1,2,3])"),
         {"tags: too_big (Array must contain at most 2 element(s))",
          "tags.1: invalid_type (Expected string, received number)"}},
        {"each item", with(R"("tags":["abc","ab"])"), {"tags.0: too_big (String must contain at most 2 character(s))"}},
        {"array of another type", with(R"("tags":"a")"), {"tags: invalid_type (Expected array, received string)"}},
        {"nested",
         with(R"("point":{"x":2,"label":"long"})"),
         {"point.x: too_big (Number must be less than or equal to 1)",
          "point.label: too_big (String must contain at most 3 character(s))"}},
        {"nested in an array", with(R"("points":[{"x":0},{}])"), {"points.1.x: invalid_type (Required)"}},
        {"free object", with(R"("metadata":{"a":[1,"b"]})"), {}},
        {"free object is no array",
         with(R"("metadata":[])"),
         {"metadata: invalid_type (Expected object, received array)"}},
        {"free object too big",
         with(R"("metadata":{"a":"0123456789012345"})"),
         {"metadata: too_big (Object must not take more than 23 bytes as JSON)"}},
        {"free object too deep",
         with(R"("metadata":{"":[[[[[[[[]]]]]]]]})"),
         {"metadata: custom (Object must not be nested deeper than 8 levels)"}},
    };
    for (const Case& c : cases) {
        const auto json = read_json(c.body);
        ASSERT_TRUE(json) << c.name;
        EXPECT_EQ(issues_of(Everything::schema().parse(*json)), c.issues) << c.name;
    }
}

TEST(Schema, ReadsWhatItAccepted) {
    const auto json =
        read_json(R"({"name":"Ada","count":7,"flag":true,"tags":["x","y"],"points":[{"x":0.5}],"small":255,
                                    "at":"1970-01-01T00:00:01.000Z","metadata":{"k":1},"note":null})");
    const auto value = Everything::schema().parse(*json);
    ASSERT_TRUE(value);
    EXPECT_EQ(value->name, "Ada");
    EXPECT_EQ(value->count, 7);
    EXPECT_EQ(value->flag, true);
    EXPECT_EQ(value->choice, "b");  // the default
    EXPECT_EQ(value->tags, (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(value->points->at(0).x, 0.5);
    EXPECT_EQ(value->small, 255);
    EXPECT_EQ(to_unix_ms(*value->at), 1000);
    EXPECT_EQ(value->metadata->at("k"), 1);
    EXPECT_FALSE(value->note);
    EXPECT_FALSE(value->email);
}

TEST(Schema, TellsExpectedAndReceived) {
    const auto result = Everything::schema().parse(boost::json::object{{"name", true}, {"count", 1}});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kValidationFailed);
    ASSERT_EQ(result.error().issues.size(), 1U);
    EXPECT_EQ(result.error().issues[0].expected, "string");
    EXPECT_EQ(result.error().issues[0].received, "boolean");
}

TEST(Schema, DoesNotEchoLongValues) {
    const std::string secret(500, 's');
    const auto result =
        Everything::schema().parse(boost::json::object{{"name", "Ada"}, {"count", 1}, {"choice", secret}});
    ASSERT_FALSE(result);
    EXPECT_LE(result.error().issues.at(0).received.size(), 40U);
    EXPECT_LE(result.error().issues.at(0).message.size(), 120U);
}

struct Either {
    std::optional<std::string> left;
    std::optional<std::string> right;
    std::string other;
    std::string consent;

    static const Schema<Either>& schema() {
        static const Schema<Either> kSchema =
            Schema<Either>("Either", {field("left", &Either::left, ""), field("right", &Either::right, ""),
                                      field("other", &Either::other, ""),
                                      field("consent", &Either::consent, "").missing_is(ErrorCode::kConsentRequired)})
                .exactly_one_of({"left", "right"})
                .refine([](const Either& value, Issues& issues) {
                    if (value.other == value.consent) issues.add_at("other", "Must differ from `consent`");
                });
        return kSchema;
    }
};

TEST(Schema, PresenceIsReportedBesideOtherIssues) {
    const auto neither = Either::schema().parse(boost::json::object{{"consent", "c"}});
    ASSERT_FALSE(neither);
    ASSERT_EQ(neither.error().issues.size(), 2U);
    EXPECT_EQ(neither.error().issues[0].path, std::vector<std::string>{"other"});
    EXPECT_EQ(neither.error().issues[1].code, "custom");
    EXPECT_EQ(neither.error().issues[1].message, "Exactly one of `left`, `right` must be present");

    EXPECT_FALSE(
        Either::schema().parse(boost::json::object{{"left", "l"}, {"right", "r"}, {"other", "o"}, {"consent", "c"}}));
    EXPECT_TRUE(Either::schema().parse(boost::json::object{{"left", "l"}, {"other", "o"}, {"consent", "c"}}));
}

TEST(Schema, RefinementsSeeTheReadValue) {
    const auto same = Either::schema().parse(boost::json::object{{"left", "l"}, {"other", "c"}, {"consent", "c"}});
    ASSERT_FALSE(same);
    EXPECT_EQ(same.error().issues.at(0).message, "Must differ from `consent`");
    EXPECT_EQ(same.error().issues.at(0).path, std::vector<std::string>{"other"});
}

TEST(Schema, AMissingMemberAloneCanHaveItsOwnCode) {
    const auto alone = Either::schema().parse(boost::json::object{{"left", "l"}, {"other", "o"}});
    ASSERT_FALSE(alone);
    EXPECT_EQ(alone.error().code, ErrorCode::kConsentRequired);
    const auto among_others = Either::schema().parse(boost::json::object{{"left", "l"}});
    ASSERT_FALSE(among_others);
    EXPECT_EQ(among_others.error().code, ErrorCode::kValidationFailed);
    EXPECT_EQ(among_others.error().issues.size(), 2U);
    const auto wrong = Either::schema().parse(boost::json::object{{"left", "l"}, {"other", "o"}, {"consent", 1}});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, ErrorCode::kValidationFailed);
}

struct Answer {
    double confidence = 0;
    std::optional<std::string> token;
    std::optional<int> hint;
    UserId user_id;
    TimeMs at;
    std::vector<Point> points;

    static const Schema<Answer>& schema() {
        static const Schema<Answer> kSchema(
            "Answer",
            {field("confidence", &Answer::confidence, "Sure."), field("token", &Answer::token, "Proof."),
             field("hint", &Answer::hint, "Rare.").omit_if_empty(), field("user_id", &Answer::user_id, "Who."),
             field("at", &Answer::at, "When."), field("points", &Answer::points, "Where.")});
        return kSchema;
    }
};

TEST(Schema, WritesInDeclaredOrder) {
    Answer answer{99.4, std::nullopt, std::nullopt, UserId("user_1"), from_unix_ms(0), {{0.5, "a"}}};
    EXPECT_EQ(write_json(Answer::schema().write(answer)),
              R"({"confidence":99.4,"token":null,"user_id":"user_1","at":"1970-01-01T00:00:00.000Z",)"
              R"("points":[{"x":0.5,"label":"a"}]})");
    answer.token = "t";
    answer.hint = 3;
    answer.points.clear();
    EXPECT_EQ(
        write_json(Answer::schema().write(answer)),
        R"({"confidence":99.4,"token":"t","hint":3,"user_id":"user_1","at":"1970-01-01T00:00:00.000Z","points":[]})");
}

TEST(Schema, DescribesItselfAsJsonSchema) {
    const auto request = json_schema(Everything::schema(), Role::kRequest);
    EXPECT_EQ(write_json(request.at("required")), R"(["name","count"])");
    const auto& properties = request.at("properties").as_object();
    EXPECT_EQ(write_json(properties.at("name")), R"({"type":"string","minLength":2,"maxLength":4})");
    EXPECT_EQ(write_json(properties.at("choice")), R"({"type":"string","enum":["a","b"],"default":"b"})");
    EXPECT_EQ(write_json(properties.at("note")), R"({"type":["string","null"]})");
    EXPECT_EQ(write_json(properties.at("tags")),
              R"({"type":"array","minItems":1,"maxItems":2,"items":{"type":"string","maxLength":2}})");
    EXPECT_EQ(write_json(properties.at("point")), R"({"$ref":"#/components/schemas/Point"})");

    const auto response = json_schema(Answer::schema(), Role::kResponse);
    EXPECT_EQ(write_json(response.at("required")), R"(["confidence","token","user_id","at","points"])");
    EXPECT_EQ(write_json(response.at("properties").at("token")),
              R"({"type":["string","null"],"description":"Proof."})");
    EXPECT_EQ(write_json(response.at("properties").at("hint").at("type")), R"("integer")");

    const auto either = json_schema(Either::schema(), Role::kRequest);
    EXPECT_EQ(write_json(either.at("allOf")), R"([{"oneOf":[{"required":["left"]},{"required":["right"]}]}])");
}

/// A reproducible source of odd JSON: members that exist, with values of any kind.
class Dice {
public:
    std::uint32_t roll(std::uint32_t sides) {
        state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<std::uint32_t>(state_ >> 33U) % sides;
    }
    boost::json::value value(int depth) {
        switch (roll(depth > 0 ? 8 : 6)) {
            case 0: return nullptr;
            case 1: return roll(2) == 0;
            case 2: return static_cast<std::int64_t>(roll(400)) - 200;
            case 3: return roll(1000) / 7.0;
            case 4: return boost::json::string(std::string(roll(6), 'a'));
            case 5: return boost::json::string("c0ffee00-1234-4abc-8def-0123456789ab");
            case 6: {
                boost::json::array array;
                for (std::uint32_t n = roll(4); n > 0; --n) array.push_back(value(depth - 1));
                return array;
            }
            default: return object(depth - 1);
        }
    }
    boost::json::object object(int depth) {
        boost::json::object object;
        for (const FieldInfo& field : Everything::schema().fields()) {
            if (roll(8) == 0) object[field.name] = value(depth);
        }
        if (roll(2) == 0) object["x"] = value(0);
        return object;
    }

private:
    std::uint64_t state_ = 42;
};

TEST(Schema, WhateverIsAcceptedCanBeReadAndWrittenAgain) {
    Dice dice;
    int accepted = 0;
    for (int i = 0; i < 20'000; ++i) {
        boost::json::object body = dice.object(3);
        if (dice.roll(2) == 0) body["name"] = "Ada";
        if (dice.roll(2) == 0) body["count"] = 5;
        const auto value = Everything::schema().parse(body);
        if (!value) {
            EXPECT_FALSE(value.error().issues.empty());
            continue;
        }
        ++accepted;
        boost::json::object again = Everything::schema().write(*value);
        // Absent members come out as null, which requests do not take.
        for (const FieldInfo& field : Everything::schema().fields()) {
            if (again.at(field.name).is_null()) again.erase(field.name);
        }
        EXPECT_TRUE(Everything::schema().parse(again)) << write_json(again);
    }
    EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace facegate::api
