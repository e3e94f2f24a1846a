// A ListPlan on a simulated clock, before a store that is a set of keys.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <iterator>
#include <queue>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/engine/list/list_plan.hpp"

namespace s3pipes::test {

using Keys = std::set<std::string>;

// One page, as a store that lists truthfully gives it. The token is the last key.
inline ListPage page_of(const Keys& keys, const ListRequest& request) {
    const std::size_t most =
        request.max_keys > 0 ? static_cast<std::size_t>(request.max_keys) : 1000;
    const std::string& after = request.token.empty() ? request.after : request.token;
    ListPage page;
    auto at = after < request.prefix ? keys.lower_bound(request.prefix) : keys.upper_bound(after);
    for (; at != keys.end() && at->starts_with(request.prefix); ++at) {
        if (page.objects.size() == most) {
            page.next_token = page.objects.back().key;
            break;
        }
        page.objects.push_back({*at, {}});
    }
    return page;
}

// Runs a listing to its end: every answer comes after its latency, the reader takes what is ready
// and waits otherwise.
class ListSimulation {
  public:
    std::function<double()> latency_s = [] { return 0.12; };
    std::function<ListPage(const ListRequest&)> store;
    std::function<void()> between_answers = [] {};
    std::function<void(ListPlan&)> looked_at = [](ListPlan&) {};
    double use_s = 0;  // that the reader takes for a page

    std::vector<std::string> keys;
    std::size_t requests = 0;
    std::size_t most_held = 0;
    double first_s = 0;  // when the first page was there
    double ended_s = 0;

    void run(const std::string& prefix, int page_size = 0, ListPlace from = {}) {
        ListPlan plan(prefix, page_size, std::move(from), "s3://bucket/" + prefix);
        double reader_s = 0;
        ask(plan, 0);
        for (;;) {
            while (plan.ready() && reader_s <= now_s_) {
                auto page = plan.take();
                if (!page) {
                    ended_s = now_s_;
                    return;
                }
                if (keys.empty()) first_s = now_s_;
                for (const ListedObject& object : *page) keys.push_back(object.key);
                reader_s = now_s_ + use_s;
                looked_at(plan);
                ask(plan, now_s_);
            }
            if (!plan.ready() && reader_s <= now_s_) {
                plan.waits();
                ask(plan, now_s_);
            }
            if (plan.ready() && (answers_.empty() || reader_s <= answers_.top().at_s)) {
                now_s_ = reader_s;
                continue;
            }
            if (!plan.ready() && reader_s > now_s_ &&
                (answers_.empty() || reader_s <= answers_.top().at_s)) {
                now_s_ = reader_s;
                continue;
            }
            if (answers_.empty()) throw std::logic_error("nothing is on its way");
            Answer answer = answers_.top();
            answers_.pop();
            now_s_ = answer.at_s;
            between_answers();
            try {
                plan.answered(answer.ask.piece, store(answer.ask.request), now_s_ - answer.asked_s);
            } catch (const Failure& failure) {
                plan.failed(answer.ask.piece, failure);
            }
            plan.called_off();  // their answers come all the same, and are not heard
            looked_at(plan);
            ask(plan, now_s_);
            most_held = std::max(most_held, plan.held());
        }
    }

    double now() const noexcept { return now_s_; }

  private:
    struct Answer {
        double asked_s;
        double at_s;
        std::size_t number;
        ListPlan::Ask ask;
        bool operator<(const Answer& other) const {
            return std::tie(at_s, number) > std::tie(other.at_s, other.number);
        }
    };

    void ask(ListPlan& plan, double now_s) {
        for (ListPlan::Ask& one : plan.asks())
            answers_.push({now_s, now_s + latency_s(), requests++, std::move(one)});
    }

    std::priority_queue<Answer> answers_;
    double now_s_ = 0;
};

// Keys as data sets have them.
inline Keys counters(int count, int width) {
    Keys keys;
    char text[40];
    for (int i = 0; i < count; ++i) {
        std::snprintf(text, sizeof text, "shard-%0*d.tar", width, i);
        keys.insert(text);
    }
    return keys;
}

inline Keys unpadded(int count) {
    Keys keys;
    for (int i = 0; i < count; ++i) keys.insert("part-" + std::to_string(i));
    return keys;
}

inline Keys hashes(int count, const std::string& prefix = "") {
    Keys keys;
    std::mt19937_64 random(5);
    char text[40];
    while (keys.size() < static_cast<std::size_t>(count)) {
        std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(random()));
        keys.insert(prefix + text);
    }
    return keys;
}

inline Keys uuids(int count) {
    Keys keys;
    std::mt19937_64 random(6);
    char text[60];
    while (keys.size() < static_cast<std::size_t>(count)) {
        const auto a = random(), b = random();
        std::snprintf(text, sizeof text, "%08x-%04x-4%03x-%04x-%012llx.json",
                      static_cast<unsigned>(a >> 32), static_cast<unsigned>(a >> 16 & 0xffff),
                      static_cast<unsigned>(a & 0xfff), static_cast<unsigned>(b >> 48 & 0xffff),
                      static_cast<unsigned long long>(b & 0xffffffffffff));
        keys.insert(text);
    }
    return keys;
}

// So many per class, in classes of WordNet's numbers.
inline Keys imagenet(int classes, int each) {
    Keys keys;
    std::mt19937_64 random(7);
    char text[80];
    for (int i = 0; i < classes; ++i) {
        // Most lie between n015 and n045, the rest up to n131.
        const auto number =
            random() % 5 != 0 ? 1440764 + random() % 3200000 : 4600000 + random() % 8500000;
        for (int k = 0; k < each; ++k) {
            std::snprintf(text, sizeof text, "train/n%08d/n%08d_%d.JPEG", static_cast<int>(number),
                          static_cast<int>(number), static_cast<int>(random() % 40000));
            keys.insert(text);
        }
    }
    return keys;
}

inline Keys dates(int days, int each) {
    Keys keys;
    std::mt19937_64 random(8);
    char text[80];
    for (int day = 0; day < days; ++day)
        for (int k = 0; k < each; ++k) {
            const int second = static_cast<int>(random() % 86400);
            std::snprintf(text, sizeof text, "logs/%04d/%02d/%02d/%02d-%02d-%02d-%04x.json",
                          2021 + day / 336, day / 28 % 12 + 1, day % 28 + 1, second / 3600,
                          second / 60 % 60, second % 60, static_cast<int>(random() % 65536));
            keys.insert(text);
        }
    return keys;
}

// Two words and a number, of letters as often as English has them.
inline Keys words(int count) {
    Keys keys;
    std::mt19937_64 random(9);
    const std::string letters =
        "eeeeeeeeeeeetttttttttaaaaaaaaooooooooiiiiiiinnnnnnnsssssshhhhhhrrrrrrddddllllcccuuummmwwff"
        "gg"
        "yyppbbvkjxqz";
    while (keys.size() < static_cast<std::size_t>(count)) {
        std::string key;
        for (int word = 0; word < 2; ++word) {
            const auto size = 3 + random() % 7;
            for (std::size_t i = 0; i < size; ++i) key += letters[random() % letters.size()];
            key += word == 0 ? "/" : "";
        }
        keys.insert(key + "-" + std::to_string(random() % 100) + ".txt");
    }
    return keys;
}

}  // namespace s3pipes::test
