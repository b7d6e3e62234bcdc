// Two endpoints of an I/O buffer: a writer's region that the reader can only read.
#include <lib/zx/iob.h>
#include <lib/zx/vmar.h>
#include <zxtest/zxtest.h>

#include <cstring>

namespace {

TEST(SharedLog, ReaderSeesWhatTheWriterWrote) {
  zx_iob_region_t region = {};
  region.type = ZX_IOB_REGION_TYPE_PRIVATE;
  region.access = ZX_IOB_ACCESS_EP0_CAN_MAP_READ | ZX_IOB_ACCESS_EP0_CAN_MAP_WRITE |
                  ZX_IOB_ACCESS_EP1_CAN_MAP_READ;
  region.size = 4096;
  region.discipline.type = ZX_IOB_DISCIPLINE_TYPE_NONE;

  zx::iob writer, reader;
  zx_status_t status = zx::iob::create(0, &region, 1, &writer, &reader);
  if (status == ZX_ERR_NOT_SUPPORTED) {
    EXPECT_FALSE(writer.is_valid());
    ZXTEST_SKIP("this version of zirconia does not emulate zx_iob_create");
  }
  ASSERT_OK(status);

  zx_vaddr_t out = 0, in = 0;
  auto root = zx::vmar::root_self();
  ASSERT_OK(root->map_iob(ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, writer, 0, 0, 4096, &out));
  ASSERT_OK(root->map_iob(ZX_VM_PERM_READ, 0, reader, 0, 0, 4096, &in));
  strcpy(reinterpret_cast<char*>(out), "first entry");
  EXPECT_STR_EQ(reinterpret_cast<const char*>(in), "first entry");
  EXPECT_STATUS(root->map_iob(ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, reader, 0, 0, 4096, &in),
                ZX_ERR_ACCESS_DENIED);

  // The peer is there as long as a mapping that was made through it.
  writer.reset();
  EXPECT_STATUS(reader.wait_one(ZX_IOB_PEER_CLOSED, zx::time::infinite_past(), nullptr),
                ZX_ERR_TIMED_OUT);
  ASSERT_OK(root->unmap(out, 4096));
  EXPECT_OK(reader.wait_one(ZX_IOB_PEER_CLOSED, zx::time::infinite(), nullptr));
}

}  // namespace
