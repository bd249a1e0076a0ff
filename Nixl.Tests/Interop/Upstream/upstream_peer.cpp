// An agent of upstream NIXL that does what lines on its standard input say, so that tests can exchange metadata, transfers and notifications with it.
// Written from upstream's public API; compiled against an installation of it (see UpstreamPeer.cs).
//
// Arguments: NAME BYTES PROGRESS PORT   the agent's name, the bytes of its one registered buffer, 1 for a progress thread of its own, the port of its listener or 0
// Each answer is a line that begins with "= ":
//   (at the start)                              = ready <address of the buffer>
//   metadata                                    = <hex of getLocalMD>
//   partial connection|memory                   = <hex of getLocalPartialMD: no memory, or its buffer without the connection>
//   load HEX                                    = <status> <agent name>
//   invalidate AGENT                            = <status>
//   send PORT                                   = <status>     sendLocalMD to the listener there, on the loopback
//   fetch AGENT PORT                            = <status>     fetchRemoteMD
//   leave PORT                                  = <status>     invalidateLocalMD
//   known AGENT                                 = <status>     checkRemoteMD about no memory
//   fill OFFSET LENGTH SEED                     = 0            byte i becomes i * 31 + SEED
//   find OFFSET LENGTH SEED                     = <first offset that differs from what fill writes, or -1>
//   transfer write|read AGENT OFFSET REMOTE LENGTH COUNT MESSAGE
//                                               = <status>     COUNT blocks of LENGTH from OFFSET and REMOTE on; MESSAGE in hex, - for none
//   prepared write|read ...                     = <status>     the same over prepared sides
//   notify AGENT MESSAGE                        = <status>
//   notifications                               = <agent>:<hex> ...
// A status is upstream's number. It ends when its standard input does.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <nixl.h>

namespace {
constexpr auto transferLimit = std::chrono::seconds(20);

std::string toHex(const std::string &bytes)
{
    static const char digits[] = "0123456789abcdef";
    std::string text;
    for (unsigned char byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::string fromHex(const std::string &text)
{
    std::string bytes;
    for (size_t i = 0; i + 1 < text.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    }
    return bytes;
}

unsigned char patternAt(size_t index, unsigned seed)
{
    return static_cast<unsigned char>(index * 31 + seed);
}

class Peer {
public:
    Peer(const std::string &name, size_t bytes, bool progress, uint16_t port) : agent_(name, configuration(progress, port)), buffer_(bytes)
    {
        nixl_b_params_t parameters;
        nixl_mem_list_t memories;
        check(agent_.getPluginParams("UCX", memories, parameters), "getPluginParams");
        check(agent_.createBackend("UCX", parameters, backend_), "createBackend");
        nixl_reg_dlist_t list(DRAM_SEG);
        list.addDesc(nixlBlobDesc(base(), bytes, 0, ""));
        check(agent_.registerMem(list), "registerMem");
    }

    uintptr_t base() const { return reinterpret_cast<uintptr_t>(buffer_.data()); }

    std::string answer(const std::string &line)
    {
        std::istringstream words(line);
        std::string verb, agent, text;
        size_t offset = 0, length = 0;
        unsigned seed = 0;
        words >> verb;
        if (verb == "metadata") {
            check(agent_.getLocalMD(text), "getLocalMD");
            return toHex(text);
        }
        if (verb == "partial") {
            nixl_reg_dlist_t list(DRAM_SEG);
            nixl_opt_args_t options;
            words >> text;
            if (text == "memory") {
                list.addDesc(nixlBlobDesc(base(), buffer_.size(), 0, ""));
            }
            options.backends.push_back(backend_);
            options.includeConnInfo = text != "memory";
            check(agent_.getLocalPartialMD(list, text, &options), "getLocalPartialMD");
            return toHex(text);
        }
        if (verb == "load") {
            words >> text;
            auto status = agent_.loadRemoteMD(fromHex(text), agent);
            return std::to_string(status) + " " + agent;
        }
        if (verb == "invalidate") {
            words >> agent;
            return std::to_string(agent_.invalidateRemoteMD(agent));
        }
        if (verb == "send" || verb == "fetch" || verb == "leave") {
            return std::to_string(exchange(words, verb));
        }
        if (verb == "known") {
            words >> agent;
            return std::to_string(agent_.checkRemoteMD(agent, nixl_xfer_dlist_t(DRAM_SEG)));
        }
        if (verb == "fill" && words >> offset >> length >> seed) {
            for (size_t i = 0; i < length; i++) {
                buffer_.at(offset + i) = patternAt(i, seed);
            }
            return "0";
        }
        if (verb == "find" && words >> offset >> length >> seed) {
            for (size_t i = 0; i < length; i++) {
                if (buffer_.at(offset + i) != patternAt(i, seed)) {
                    return std::to_string(i);
                }
            }
            return "-1";
        }
        if (verb == "transfer" || verb == "prepared") {
            return std::to_string(transfer(words, verb == "prepared"));
        }
        if (verb == "notify") {
            words >> agent >> text;
            return std::to_string(agent_.genNotif(agent, fromHex(text)));
        }
        if (verb == "notifications") {
            return notifications();
        }
        fail("unknown line: " + line);
    }

private:
    static nixlAgentConfig configuration(bool progress, uint16_t port)
    {
        nixlAgentConfig configuration;
        configuration.useProgThread = progress;
        configuration.useListenThread = port != 0;
        configuration.listenPort = port;
        return configuration;
    }

    [[noreturn]] static void fail(const std::string &what)
    {
        std::fprintf(stderr, "upstream_peer: %s\n", what.c_str());
        std::exit(1);
    }

    static void check(nixl_status_t status, const char *what)
    {
        if (status != NIXL_SUCCESS) {
            fail(std::string(what) + " ended with " + std::to_string(status));
        }
    }

    // With a listener on the loopback; it happens on the agent's own thread, later.
    nixl_status_t exchange(std::istringstream &words, const std::string &verb)
    {
        std::string agent;
        nixl_opt_args_t options;
        if (verb == "fetch") {
            words >> agent;
        }
        words >> options.port;
        options.ipAddr = "127.0.0.1";
        return verb == "send" ? agent_.sendLocalMD(&options) : verb == "fetch" ? agent_.fetchRemoteMD(agent, &options) : agent_.invalidateLocalMD(&options);
    }

    // Every block by its index, last to first: the order of both sides is the same.
    nixl_status_t make(nixl_xfer_op_t operation, const nixl_xfer_dlist_t &mine, const nixl_xfer_dlist_t &theirs, const std::string &agent,
                       nixlXferReqH *&request, nixl_opt_args_t &options)
    {
        nixlDlistH *local = nullptr, *remote = nullptr;
        std::vector<int> indices;
        for (int i = mine.descCount() - 1; i >= 0; i--) {
            indices.push_back(i);
        }
        auto status = agent_.prepXferDlist(mine, local);
        if (status == NIXL_SUCCESS) {
            status = agent_.prepXferDlist(agent, theirs, remote);
        }
        if (status == NIXL_SUCCESS) {
            status = agent_.makeXferReq(operation, local, indices, remote, indices, request, &options);
        }
        if (local != nullptr) {
            agent_.releasedDlistH(local);
        }
        if (remote != nullptr) {
            agent_.releasedDlistH(remote);
        }
        return status;
    }

    nixl_status_t transfer(std::istringstream &words, bool prepared)
    {
        std::string operation, agent, message;
        size_t offset = 0, length = 0, count = 0;
        uintptr_t remote = 0;
        words >> operation >> agent >> offset >> remote >> length >> count >> message;
        nixl_xfer_dlist_t mine(DRAM_SEG), theirs(DRAM_SEG);
        for (size_t i = 0; i < count; i++) {
            mine.addDesc(nixlBasicDesc(base() + offset + i * length, length, 0));
            theirs.addDesc(nixlBasicDesc(remote + i * length, length, 0));
        }

        nixlXferReqH *request = nullptr;
        nixl_opt_args_t options;
        if (message != "-") {
            options.notif = fromHex(message);
        }
        const auto kind = operation == "write" ? NIXL_WRITE : NIXL_READ;
        auto status = prepared ? make(kind, mine, theirs, agent, request, options)
                               : agent_.createXferReq(kind, mine, theirs, agent, request, &options);
        if (status != NIXL_SUCCESS) {
            return status;
        }

        const auto limit = std::chrono::steady_clock::now() + transferLimit;
        status = agent_.postXferReq(request, &options);
        while (status == NIXL_IN_PROG && std::chrono::steady_clock::now() < limit) {
            status = agent_.getXferStatus(request);
        }
        agent_.releaseXferReq(request);
        return status;
    }

    std::string notifications()
    {
        nixl_notifs_t all;
        std::string text;
        check(agent_.getNotifs(all), "getNotifs");
        for (const auto &[agent, messages] : all) {
            for (const auto &message : messages) {
                text += (text.empty() ? "" : " ") + agent + ":" + toHex(message);
            }
        }
        return text;
    }

    nixlAgent agent_;
    std::vector<unsigned char> buffer_;
    nixlBackendH *backend_ = nullptr;
};
} // namespace

int main(int argc, char **argv)
{
    if (argc != 5) {
        return 2;
    }
    Peer peer(argv[1], std::stoull(argv[2]), argv[3][0] == '1', static_cast<uint16_t>(std::stoi(argv[4])));
    std::cout << "= ready " << peer.base() << std::endl;
    std::string line;
    while (std::getline(std::cin, line)) {
        std::cout << "= " << peer.answer(line) << std::endl;
    }
    return 0;
}
