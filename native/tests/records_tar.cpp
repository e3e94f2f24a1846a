#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/records/tar_reader.hpp"

using s3pipes::BadArchive;
using s3pipes::TarReader;

namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

std::string header(std::string_view name, std::string_view size, char type = '0') {
    std::string block(512, '\0');
    block.replace(0, name.size(), name);
    block.replace(124, size.size(), size);
    block.replace(148, 8, 8, ' ');
    block[156] = type;
    std::uint64_t sum = 0;
    for (char c : block) sum += static_cast<unsigned char>(c);
    char digits[8];
    std::snprintf(digits, sizeof digits, "%06o", static_cast<unsigned>(sum));
    block.replace(148, 7, digits, 7);
    return block;
}

std::string octal(std::size_t size) {
    char digits[12];
    std::snprintf(digits, sizeof digits, "%011zo", size);
    return digits;
}

std::string entry(std::string_view name, std::string_view content, char type = '0') {
    std::string bytes = header(name, octal(content.size()), type);
    bytes += content;
    bytes.resize((bytes.size() + 511) / 512 * 512);
    return bytes;
}

const std::string kEnd(1024, '\0');

Files read(std::string_view archive, std::size_t piece_bytes) {
    TarReader reader;
    Files files;
    const auto drain = [&] {
        for (;;) {
            switch (reader.step()) {
                case TarReader::Step::hungry:
                case TarReader::Step::end: return;
                case TarReader::Step::member: files.emplace_back(reader.name(), ""); break;
                case TarReader::Step::payload:
                    files.back().second += reader.payload();
                    BOOST_TEST(files.back().second.size() <= reader.size());
                    break;
            }
        }
    };
    for (std::size_t at = 0; at < archive.size(); at += piece_bytes) {
        const std::size_t size = std::min(piece_bytes, archive.size() - at);
        // A copy of exactly the piece, so that a sanitizer sees any access beyond it or after it.
        const std::vector<char> piece(archive.begin() + at, archive.begin() + at + size);
        reader.feed({piece.data(), piece.size()});
        drain();
    }
    drain();
    reader.finish();
    return files;
}

void check(const std::string& archive, const Files& expected) {
    for (std::size_t piece_bytes : {1, 7, 511, 512, 513, 1 << 20}) {
        const Files files = read(archive, piece_bytes);
        BOOST_TEST((files == expected), "pieces of " << piece_bytes);
    }
}

void check_fault(const std::string& archive, const std::string& says) {
    for (std::size_t piece_bytes : {1, 511, 512, 1 << 20}) {
        BOOST_CHECK_EXCEPTION(read(archive, piece_bytes), BadArchive, [&](const BadArchive& error) {
            BOOST_TEST_INFO(error.what());
            return std::string(error.what()).find(says) != std::string::npos;
        });
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(records_tar)

BOOST_AUTO_TEST_CASE(files_come_whole_and_in_order) {
    const std::string big(1500, 'x');
    check(entry("a", "1") + entry("d/", "", '5') + entry("b", big) + entry("e", "") + kEnd,
          {{"a", "1"}, {"b", big}, {"e", ""}});
    check(kEnd, {});
}

BOOST_AUTO_TEST_CASE(the_end_marker_may_be_missing_or_short_but_not_mistaken) {
    check(entry("a", "1"), {{"a", "1"}});
    check(entry("a", "1") + std::string(512, '\0'), {{"a", "1"}});
    check(entry("a", "1") + std::string(700, '\0'), {{"a", "1"}});
    check(entry("a", "1") + kEnd + "anything", {{"a", "1"}});
    check_fault(entry("a", "1") + std::string(512, '\0') + entry("b", "2"), "at byte 1536");
}

BOOST_AUTO_TEST_CASE(extended_headers_override) {
    const std::string name(300, 'n');
    check(entry("././@LongLink", name + '\0', 'L') + entry("n", "1") + entry("m", "2"),
          {{name, "1"}, {"m", "2"}});
    check(entry("x", "12 path=abc\n", 'x') + entry("n", "1") + entry("m", "2"),
          {{"abc", "1"}, {"m", "2"}});
    check(entry("x", "12 path=abc\n", 'g') + entry("n", "1") + entry("m", "2"),
          {{"abc", "1"}, {"abc", "2"}});
    check(entry("x", "10 size=3\n", 'x') + header("n", octal(0)) + entry("", "123").substr(512),
          {{"n", "123"}});
    for (const char* bad : {"12 path=ab\n", "9999 path=a\n", "x", "5 a=\n6", "3 \n", "6 =ab\n",
                            "10 size=-\n", "30 size=99999999999999999999\n", "0 a=b\n"})
        check_fault(entry("x", bad, 'x') + entry("n", "1"), "malformed pax header at byte 0");
}

BOOST_AUTO_TEST_CASE(truncation_is_told_with_its_place) {
    const std::string archive = entry("first", "1") + entry("second", std::string(600, 'y'));
    check_fault(archive.substr(0, 1024 + 512 + 100), "500 bytes before the end of member 'second'");
    check_fault(archive.substr(0, 1024 + 512 + 600), "before the block border");
    check_fault(archive.substr(0, 1024 + 100), "ends at byte 1124, within a header");
    check_fault(entry("x", "12 path=abc\n", 'x').substr(0, 520), "within an extended header");
    check_fault(entry("x", "12 path=abc\n", 'x'), "after an extended header");
    check_fault("", "not a tar archive");
    check_fault("text", "not a tar archive");
}

BOOST_AUTO_TEST_CASE(damage_is_told) {
    std::string archive = entry("a", "1") + entry("b", "2");
    archive[1024] = 'c';
    check_fault(archive, "wrong header checksum at byte 1024");
    archive[0] = 'c';
    check_fault(archive, "not a tar archive");
    check_fault(header("bad\x01", "9"), "size of member 'bad\\x01' at byte 0");
    check_fault(entry("s", "1", 'S'), "sparse");
    check_fault(entry("x", "22 GNU.sparse.major=1\n", 'x') + entry("s", "1"), "sparse");
    check_fault(entry("m", "1", 'M'), "multi-volume");
    check_fault(header("x", octal(17u << 20), 'x'), "extended header of 17825792 bytes");
}

BOOST_AUTO_TEST_SUITE_END()
