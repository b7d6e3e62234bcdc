// A cache of a file's pages behind a pager: read on demand, evicted, written back.
#include <lib/fit/defer.h>
#include <lib/fzl/vmo-mapper.h>
#include <lib/zx/pager.h>
#include <lib/zx/port.h>
#include <lib/zx/vmo.h>
#include <zircon/syscalls.h>
#include <zxtest/zxtest.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kKey = 77;

class PageCache {
 public:
  explicit PageCache(size_t pages) : file_(pages * kPage) {
    for (size_t i = 0; i < file_.size(); i++) {
      file_[i] = static_cast<uint8_t>(i / kPage + 1);
    }
  }
  ~PageCache() { Stop(); }

  zx_status_t Start() {
    zx_status_t status;
    if ((status = zx::pager::create(0, &pager_)) != ZX_OK ||
        (status = zx::port::create(0, &port_)) != ZX_OK ||
        (status = pager_.create_vmo(ZX_VMO_TRAP_DIRTY, port_, kKey, file_.size(), &vmo_)) !=
            ZX_OK) {
      return status;
    }
    server_ = std::thread([this] { Serve(); });
    return ZX_OK;
  }

  void Stop() {
    if (!server_.joinable()) {
      return;
    }
    EXPECT_OK(pager_.detach_vmo(vmo_));
    server_.join();
  }

  zx_status_t WriteBack() {
    std::vector<zx_vmo_dirty_range_t> ranges(16);
    size_t actual = 0, avail = 0;
    zx_status_t status = pager_.query_dirty_ranges(
        vmo_, 0, file_.size(), ranges.data(), ranges.size() * sizeof(ranges[0]), &actual, &avail);
    for (size_t i = 0; status == ZX_OK && i < actual; i++) {
      const auto [offset, length, options] = ranges[i];
      if ((status = pager_.op_range(ZX_PAGER_OP_WRITEBACK_BEGIN, vmo_, offset, length, 0)) !=
              ZX_OK ||
          (status = vmo_.read(&file_[offset], offset, length)) != ZX_OK) {
        break;
      }
      status = pager_.op_range(ZX_PAGER_OP_WRITEBACK_END, vmo_, offset, length, 0);
    }
    return status;
  }

  const zx::vmo& vmo() const { return vmo_; }
  uint8_t FileByte(uint64_t offset) const { return file_[offset]; }
  void BreakPage(uint64_t page) { broken_ = page; }
  int reads() const { return reads_; }

 private:
  void Serve() {
    for (;;) {
      zx_port_packet_t packet;
      if (port_.wait(zx::time::infinite(), &packet) != ZX_OK || packet.key != kKey) {
        return;
      }
      const zx_packet_page_request_t& request = packet.page_request;
      switch (request.command) {
        case ZX_PAGER_VMO_READ:
          Read(request.offset, request.length);
          break;
        case ZX_PAGER_VMO_DIRTY:
          pager_.op_range(ZX_PAGER_OP_DIRTY, vmo_, request.offset, request.length, 0);
          break;
        case ZX_PAGER_VMO_COMPLETE:
          return;
      }
    }
  }

  void Read(uint64_t offset, uint64_t length) {
    reads_++;
    if (broken_ * kPage >= offset && broken_ * kPage < offset + length) {
      pager_.op_range(ZX_PAGER_OP_FAIL, vmo_, offset, length,
                      static_cast<uint64_t>(static_cast<int64_t>(ZX_ERR_IO)));
      return;
    }
    zx::vmo aux;
    if (zx::vmo::create(length, 0, &aux) == ZX_OK &&
        aux.write(&file_[offset], 0, length) == ZX_OK) {
      pager_.supply_pages(vmo_, offset, length, aux, 0);
    }
  }

  std::vector<uint8_t> file_;
  std::atomic<uint64_t> broken_{~uint64_t{0}};
  std::atomic<int> reads_{0};
  zx::pager pager_;
  zx::port port_;
  zx::vmo vmo_;
  std::thread server_;
};

class PageCacheTest : public zxtest::Test {
 protected:
  void SetUp() override { ASSERT_OK(cache_.Start()); }

  PageCache cache_{8};
};

TEST_F(PageCacheTest, ReadsOnDemand) {
  uint8_t byte = 0;
  ASSERT_OK(cache_.vmo().read(&byte, 3 * kPage + 5, 1));
  EXPECT_EQ(byte, 4);
  const int reads = cache_.reads();
  EXPECT_GE(reads, 1);
  ASSERT_OK(cache_.vmo().read(&byte, 3 * kPage + 6, 1));
  EXPECT_EQ(cache_.reads(), reads);
}

TEST_F(PageCacheTest, MappingsFaultPagesIn) {
  fzl::VmoMapper mapper;
  ASSERT_OK(mapper.Map(cache_.vmo(), 0, 0, ZX_VM_PERM_READ));
  const volatile uint8_t* bytes = static_cast<uint8_t*>(mapper.start());
  for (uint64_t page = 8; page-- > 0;) {
    EXPECT_EQ(bytes[page * kPage + 11], page + 1, "page %zu", size_t(page));
  }
}

TEST_F(PageCacheTest, WritesComeBack) {
  fzl::VmoMapper mapper;
  ASSERT_OK(mapper.Map(cache_.vmo()));
  static_cast<volatile uint8_t*>(mapper.start())[2 * kPage] = 200;
  EXPECT_EQ(cache_.FileByte(2 * kPage), 3);
  ASSERT_OK(cache_.WriteBack());
  EXPECT_EQ(cache_.FileByte(2 * kPage), 200);
  EXPECT_EQ(cache_.FileByte(2 * kPage + 1), 3);
}

TEST_F(PageCacheTest, BrokenPagesFail) {
  uint8_t byte = 0;
  cache_.BreakPage(6);
  EXPECT_STATUS(cache_.vmo().read(&byte, 6 * kPage, 1), ZX_ERR_IO);
  fzl::VmoMapper mapper;
  ASSERT_OK(mapper.Map(cache_.vmo(), 6 * kPage, kPage, ZX_VM_PERM_READ));
  ASSERT_DEATH([&] { (void)*static_cast<volatile uint8_t*>(mapper.start()); });
  ASSERT_OK(cache_.vmo().read(&byte, 0, 1));
  EXPECT_EQ(byte, 1);
}

}  // namespace
