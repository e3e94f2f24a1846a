#include "sim/s3/listing.hpp"

#include <algorithm>

namespace s3pipes::sim {
namespace {

// The common prefix that `key` falls under; empty where it stands for itself.
std::string_view common_prefix(std::string_view key, const ListQuestion& question) {
    if (question.delimiter.empty() || !key.starts_with(question.prefix)) return {};
    const auto at = key.find(question.delimiter, question.prefix.size());
    return at == key.npos ? std::string_view{} : key.substr(0, at + question.delimiter.size());
}

}  // namespace

std::string behind_all(std::string prefix) {
    while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
    if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
    return prefix;
}

ListPage list_page(const Bucket& bucket, const ListQuestion& question) {
    ListPage page;
    if (question.limit == 0) return page;
    std::string begin = question.prefix;
    if (!question.after.empty()) {
        const bool whole_prefix = common_prefix(question.after, question) == question.after;
        begin = std::max(begin, whole_prefix ? behind_all(question.after) : question.after + '\0');
    }
    Bucket::Cursor cursor(bucket, begin);
    while (!cursor.done() && cursor.key().starts_with(question.prefix)) {
        if (page.objects.size() + page.prefixes.size() == question.limit) {
            page.truncated = true;
            return page;
        }
        const auto shared = common_prefix(cursor.key(), question);
        if (shared.empty()) {
            page.last = cursor.key();
            page.objects.emplace_back(cursor.key(), cursor.object());
            cursor.next();
            continue;
        }
        page.last = shared;
        page.prefixes.emplace_back(shared);
        const auto next = behind_all(page.last);
        if (next.empty()) return page;
        cursor.seek(next);
    }
    return page;
}

}  // namespace s3pipes::sim
