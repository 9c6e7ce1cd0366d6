#pragma once

#include <string>

#include "api/route_table.h"

namespace facegate::api {

struct GreetRequest {
    std::string name;
    std::optional<int> times;

    static const Schema<GreetRequest>& schema() {
        static const Schema<GreetRequest> kSchema(
            "GreetRequest", {field("name", &GreetRequest::name, "Whom to greet.").min_length(1).max_length(20),
                             field("times", &GreetRequest::times, "How often.").min(1).max(3)});
        return kSchema;
    }
};

struct GreetAnswer {
    std::string greeting;

    static const Schema<GreetAnswer>& schema() {
        static const Schema<GreetAnswer> kSchema("GreetAnswer",
                                                 {field("greeting", &GreetAnswer::greeting, "The greeting.")});
        return kSchema;
    }
};

struct GuestList {
    std::vector<GreetAnswer> guests;
    std::optional<GreetAnswer> host;

    static const Schema<GuestList>& schema() {
        static const Schema<GuestList> kSchema("GuestList", {field("guests", &GuestList::guests, "Everybody."),
                                                             field("host", &GuestList::host, "Who invites.")});
        return kSchema;
    }
};

struct ListQuery {
    std::int64_t limit = 0;
    std::optional<std::string> q;
    std::optional<bool> all;

    static const Schema<ListQuery>& schema() {
        static const Schema<ListQuery> kSchema(
            "ListQuery",
            {field("limit", &ListQuery::limit, "How many.").min(1).max(100).default_value(10),
             field("q", &ListQuery::q, "What to look for."), field("all", &ListQuery::all, "Everything.")});
        return kSchema;
    }
};

/// A route of every kind, without anything behind them.
void add_toy_routes(RouteTable& routes);

}  // namespace facegate::api
