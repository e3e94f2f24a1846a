#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/records/line_splitter.hpp"

using s3pipes::LineRules;
using s3pipes::LineSplitter;
using s3pipes::LineTooLong;

namespace {

using Lines = std::vector<std::string>;

void drain(LineSplitter& splitter, Lines& lines, std::size_t most, std::size_t most_bytes) {
    std::vector<std::string_view> found;
    do {
        found.clear();
        splitter.split(found, most, most_bytes);
        lines.insert(lines.end(), found.begin(), found.end());
    } while (!found.empty() || splitter.waiting_bytes() > 0);
}

Lines split(LineSplitter& splitter, std::string_view text, std::size_t piece_bytes,
            std::size_t most = 3, std::size_t most_bytes = 5) {
    Lines lines;
    splitter.start();
    for (std::size_t at = 0; at < text.size(); at += piece_bytes) {
        // A copy of exactly the piece, so that a sanitizer sees any access beyond it or after it.
        const std::vector<char> piece(
            text.begin() + static_cast<std::ptrdiff_t>(at),
            text.begin() + static_cast<std::ptrdiff_t>(std::min(text.size(), at + piece_bytes)));
        splitter.feed({piece.data(), piece.size()});
        drain(splitter, lines, most, most_bytes);
    }
    splitter.finish();
    drain(splitter, lines, most, most_bytes);
    return lines;
}

void check(LineRules rules, std::string_view text, const Lines& expected) {
    LineSplitter splitter(rules);
    for (std::size_t piece_bytes = 1; piece_bytes <= text.size() + 1; ++piece_bytes) {
        const Lines lines = split(splitter, text, piece_bytes);
        BOOST_TEST(lines == expected, boost::test_tools::per_element());
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(records_lines)

BOOST_AUTO_TEST_CASE(only_line_feeds_end_a_line) {
    using namespace std::string_view_literals;
    check({.strip = false}, "", {});
    check({.strip = false}, "a\rb\vc\n\nlast", {"a\rb\vc\n", "\n", "last"});
    check({.strip = false}, "a\r\n", {"a\r\n"});
    check({.strip = false}, "n\0l\n\0"sv, {std::string("n\0l\n"sv), std::string("\0"sv)});
}

BOOST_AUTO_TEST_CASE(stripping_takes_both_ends) {
    check({}, "\r\r\na\rb\r\r\n\rc", {"", "a\rb", "c"});
    check({}, "\r", {""});
}

BOOST_AUTO_TEST_CASE(skipped_lines_are_counted_anew_in_each_object) {
    check({.skip_lines = 2}, "a\n\nb\nc", {"b", "c"});
    check({.skip_lines = 2}, "a", {});
}

BOOST_AUTO_TEST_CASE(the_limit_excludes_the_line_feed) {
    check({.max_line_bytes = 3}, "abc\nab\r\nabc", {"abc", "ab", "abc"});
}

BOOST_AUTO_TEST_CASE(a_line_too_long_throws_behind_the_lines_before_it) {
    const std::string_view text = "ab\nabc\nabcd\n";
    for (std::size_t piece_bytes = 1; piece_bytes <= text.size(); ++piece_bytes) {
        LineSplitter splitter({.max_line_bytes = 3});
        Lines lines;
        splitter.start();
        const auto feed_all = [&] {
            for (std::size_t at = 0; at < text.size(); at += piece_bytes) {
                splitter.feed(text.substr(at, piece_bytes));
                drain(splitter, lines, 100, 100);
            }
        };
        BOOST_CHECK_EXCEPTION(feed_all(), LineTooLong, [](const LineTooLong& error) {
            return error.offset == 7 &&
                   std::string(error.what()).find("byte 7 ") != std::string::npos;
        });
        BOOST_TEST(lines == (Lines{"ab", "abc"}), boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(a_new_object_drops_what_was_left) {
    LineSplitter splitter({});
    Lines lines;
    splitter.start();
    splitter.feed("half");
    drain(splitter, lines, 10, 10);
    BOOST_TEST(lines.empty());
    BOOST_TEST(split(splitter, "x\n", 1) == Lines{"x"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_piece_may_not_replace_one_in_use) {
    LineSplitter splitter({});
    splitter.start();
    splitter.feed("a\nb\n");
    BOOST_CHECK_THROW(splitter.feed("c"), std::logic_error);
    BOOST_CHECK_THROW(splitter.finish(), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
