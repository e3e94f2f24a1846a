#include "sim/s3/checksums.hpp"

#include "core/s3/base64.hpp"
#include "core/s3/checksum.hpp"
#include "sim/s3/contents.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/letters.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::string_view claim_mark = "x-amz-checksum-";

// The highest byte first, as S3 writes them.
std::string big_endian(std::uint64_t value, std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i) out[size - 1 - i] = static_cast<char>(value >> (8 * i));
    return out;
}

std::uint64_t from_big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

[[noreturn]] void refuse(const std::string& why) {
    throw Fault(code::invalid_request, why);
}

void verify_md5(const Call& call) {
    const auto header = call.header("Content-MD5");
    if (!header) return;
    const auto claimed = decode_base64(*header);
    if (!claimed || claimed->size() != 16)
        throw Fault(code::invalid_digest).with("Content-MD5", *header);
    const auto computed = digest_of(Hash::Kind::md5, call.body);
    if (*claimed != computed)
        throw Fault(code::bad_digest)
            .with("ExpectedDigest", hex(*claimed))
            .with("CalculatedDigest", encode_base64(computed));
}

}  // namespace

Summing::Summing(Algorithm algorithm) : algorithm_(algorithm) {
    if (algorithm == Algorithm::sha1) hash_.emplace(Hash::Kind::sha1);
    if (algorithm == Algorithm::sha256) hash_.emplace(Hash::Kind::sha256);
}

void Summing::add(std::string_view bytes) {
    switch (algorithm_) {
        case Algorithm::crc32: crc_ = crc32(bytes, static_cast<std::uint32_t>(crc_)); break;
        case Algorithm::crc32c: crc_ = crc32c(bytes, static_cast<std::uint32_t>(crc_)); break;
        case Algorithm::crc64nvme: crc_ = crc64nvme(bytes, crc_); break;
        case Algorithm::sha1:
        case Algorithm::sha256: hash_->add(bytes); break;
    }
}

std::string Summing::finish() {
    return hash_ ? hash_->finish() : big_endian(crc_, size_of(algorithm_));
}

std::string sum_of(Algorithm algorithm, std::string_view bytes) {
    Summing sum(algorithm);
    sum.add(bytes);
    return sum.finish();
}

std::string sum_of(Algorithm algorithm, const Content& content) {
    Summing sum(algorithm);
    each_piece(content, 0, content.size(), [&](std::string_view piece) { sum.add(piece); });
    return sum.finish();
}

std::string joined_sums(Algorithm algorithm, std::string_view first, std::string_view second,
                        std::uint64_t second_bytes) {
    const auto a = from_big_endian(first), b = from_big_endian(second);
    const auto a32 = static_cast<std::uint32_t>(a), b32 = static_cast<std::uint32_t>(b);
    std::uint64_t joined = 0;
    switch (algorithm) {
        case Algorithm::crc32: joined = join_crc32(a32, b32, second_bytes); break;
        case Algorithm::crc32c: joined = join_crc32c(a32, b32, second_bytes); break;
        case Algorithm::crc64nvme: joined = join_crc64nvme(a, b, second_bytes); break;
        case Algorithm::sha1:
        case Algorithm::sha256: return {};
    }
    return big_endian(joined, size_of(algorithm));
}

std::optional<Checksum> claimed_checksum(const Call& call) {
    std::optional<Checksum> claimed;
    const auto take = [&](std::string_view name, std::string_view value) {
        if (!same_letters(name.substr(0, claim_mark.size()), claim_mark)) return;
        const auto word = name.substr(claim_mark.size());
        if (same_letters(word, "mode") || same_letters(word, "type") ||
            same_letters(word, "algorithm"))
            return;
        const auto algorithm = algorithm_named(word);
        if (!algorithm) throw Fault(code::not_implemented).with("Header", name);
        if (claimed)
            refuse(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not "
                "allowed.");
        claimed = Checksum{*algorithm, Extent::full, std::string(trimmed(value))};
    };
    for (const auto& [name, value] : call.request.headers) take(name, value);
    for (const auto& [name, value] : call.trailers) take(name, value);

    const auto announced = call.header("x-amz-sdk-checksum-algorithm");
    if (announced && !claimed)
        refuse(
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
            "x-amz-trailer headers were found.");
    if (announced && algorithm_named(*announced) != claimed->algorithm)
        refuse("Value for x-amz-sdk-checksum-algorithm header is invalid.");
    return claimed;
}

void verify_body(const Call& call, const std::optional<Checksum>& claimed) {
    verify_md5(call);
    if (!claimed) return;
    const auto bytes = decode_base64(claimed->value);
    if (!bytes || bytes->size() != size_of(claimed->algorithm))
        refuse("Value for " + std::string(header_of(claimed->algorithm)) + " header is invalid.");
    if (*bytes != sum_of(claimed->algorithm, call.body))
        throw Fault(code::bad_digest, "The " + std::string(name_of(claimed->algorithm)) +
                                          " you specified did not match the calculated checksum.");
}

std::optional<Algorithm> wanted_algorithm(const Call& call) {
    const auto name = call.header("x-amz-checksum-algorithm");
    if (!name) return std::nullopt;
    const auto algorithm = algorithm_named(*name);
    if (!algorithm)
        refuse(
            "Checksum algorithm provided is unsupported. Please try again with any of the "
            "valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
    return algorithm;
}

void append_checksum(Headers& out, const Checksum& checksum) {
    if (checksum.value.empty()) return;
    out.emplace_back(header_of(checksum.algorithm), checksum.value);
    out.emplace_back("x-amz-checksum-type", name_of(checksum.extent));
}

}  // namespace s3pipes::sim
