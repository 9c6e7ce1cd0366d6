#include "api/schema_example.h"

#include <gtest/gtest.h>

#include "api/json_writer.h"

namespace facegate::api {
namespace {

struct Inner {
    std::string role;
    std::optional<double> share;

    static const Schema<Inner>& schema() {
        static const Schema<Inner> kSchema(
            "Inner", {field("role", &Inner::role, ""), field("share", &Inner::share, "").min(2).max(3)});
        return kSchema;
    }
};

struct Everything {
    std::string name;
    std::optional<std::string> note;
    std::optional<std::string> shown;
    std::string kind;
    std::string digest;
    std::string id;
    std::string short_text;
    TimeMs at;
    int count = 0;
    int with_default = 0;
    bool flag = false;
    std::vector<Inner> parts;
    std::optional<std::string> left;
    std::optional<std::string> right;

    static const Schema<Everything>& schema() {
        using E = Everything;
        static const Schema<E> kSchema =
            Schema<E>("Everything",
                      {field("name", &E::name, ""), field("note", &E::note, ""),
                       field("shown", &E::shown, "").example("look"), field("kind", &E::kind, "").one_of({"a", "b"}),
                       field("digest", &E::digest, "").sha256_hex(), field("id", &E::id, "").uuid(),
                       field("short_text", &E::short_text, "").max_length(2), field("at", &E::at, ""),
                       field("count", &E::count, "").min(5).max(9),
                       field("with_default", &E::with_default, "").default_value(7), field("flag", &E::flag, ""),
                       field("parts", &E::parts, ""), field("left", &E::left, ""), field("right", &E::right, "")})
                .exactly_one_of({"left", "right"});
        return kSchema;
    }
};

TEST(SchemaExample, ARequestIsValidAndHoldsWhatIsAskedFor) {
    const boost::json::object example = example_of(Everything::schema(), Role::kRequest);
    EXPECT_FALSE(Everything::schema().check(example).has_value()) << write_json(example);
    EXPECT_EQ(example.at("name"), "Ada Guard");
    EXPECT_EQ(example.at("shown"), "look");
    EXPECT_EQ(example.at("kind"), "a");
    EXPECT_EQ(example.at("count"), 5);
    EXPECT_FALSE(example.contains("note")) << "what may be left out is left out";
    EXPECT_TRUE(example.contains("left"));
    EXPECT_FALSE(example.contains("right")) << "of a group of which one must be there, the first";
    EXPECT_EQ(example.at("parts").as_array().at(0).at("role"), "guard");
}

TEST(SchemaExample, AnAnswerHoldsEveryMember) {
    const boost::json::object example = example_of(Everything::schema(), Role::kResponse);
    for (const FieldInfo& field : Everything::schema().fields())
        EXPECT_TRUE(example.contains(field.name)) << field.name;
    EXPECT_EQ(example.at("parts").as_array().at(0).at("share").to_number<double>(), 2);
}

struct Outcome {
    bool step_up_required = false;
    std::optional<std::string> step_up_type;
    std::vector<std::string> factors;
    bool matched = false;

    static const Schema<Outcome>& schema() {
        static const Schema<Outcome> kSchema(
            "Outcome", {field("step_up_required", &Outcome::step_up_required, ""),
                        field("step_up_type", &Outcome::step_up_type, ""), field("factors", &Outcome::factors, ""),
                        field("matched", &Outcome::matched, "")});
        return kSchema;
    }
};

TEST(SchemaExample, AnAnswerShowsAnOrdinarySignIn) {
    EXPECT_EQ(write_json(example_of(Outcome::schema(), Role::kResponse)),
              R"({"step_up_required":false,"step_up_type":null,"factors":[],"matched":true})");
}

}  // namespace
}  // namespace facegate::api
