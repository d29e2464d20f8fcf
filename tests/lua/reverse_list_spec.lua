require "machine"
local reverse = require "dialect.reverse"

local ROW <const> = '{"task_id":"t-%d","status":"3","callback_url":"http://h/cb/%d"}'

local function body(fields)
    return ('{"code":200,"msg":"成功","data":{%s}}'):format(fields)
end

local function whole(page, limit, total, rows)
    return body(('"page":%d,"limit":%d,"total":%d,"complete":true,"uptime_ms":7,"tasks":[%s]')
        :format(page, limit, total, table.concat(rows, ",")))
end

local function listed(text, status)
    return reverse.listed(status or 200, {}, text)
end

describe("reverse: the list", function()
    it("is asked for by page", function()
        local call = reverse.list(3, { prefix = "/runway/v1" })
        assert.equal("POST", call.method)
        assert.equal("/runway/v1/list?page=3&limit=100", call.path)
        assert.same({ page = 3, limit = 100 }, call.body)
    end)

    it("has its rows, and whether more follow", function()
        assert.same({
            complete = true, more = true, total = 3, uptime_ms = 7,
            tasks = {
                { task_id = "t-1", callback_url = "http://h/cb/1" },
                { task_id = "t-2", callback_url = "http://h/cb/2" },
            },
        }, listed(whole(1, 2, 3, { ROW:format(1, 1), ROW:format(2, 2) })))
        assert.is_false(listed(whole(2, 2, 3, { ROW:format(3, 3) })).more)
        assert.same({}, listed(whole(1, 2, 0, {})).tasks)
    end)

    it("says where a callback is not echoed", function()
        local rows = listed(whole(1, 5, 4, {
            '{"task_id":"t-1"}', '{"task_id":"t-2","callback_url":null}',
            '{"task_id":"t-3","callback_url":"\xff"}', '{"task_id":"t-4","callback_url":"\\n"}',
        })).tasks
        assert.same({ { task_id = "t-1" }, { task_id = "t-2" }, { task_id = "t-3" },
            { task_id = "t-4" } }, rows)
    end)

    it("knows a task without a callback from one that is not told", function()
        local rows = listed(whole(1, 5, 1, { '{"task_id":"t-1","callback_url":""}' })).tasks
        assert.same({ { task_id = "t-1", callback_url = "" } }, rows)
    end)

    it("is complete only where it says so itself", function()
        local fields <const> = '"page":1,"limit":5,"total":0,"tasks":[]'
        for _, text in ipairs {
            body(fields), body(fields .. ',"complete":"true"'), body(fields .. ',"complete":1'),
            body '"complete":true,"tasks":[]', body '"complete":true', '{"data":[]}', "{}", "[]",
            whole(1, 5, 1, { "7" }), whole(1, 5, 1, { "null" }),
            whole(1, 5, 1, { '{"callback_url":"http://h/cb/1"}' }),
        } do
            assert.same({ complete = false }, listed(text), text)
        end
        assert.same({ complete = false }, listed("<html>", 404))
        assert.same({ complete = false }, listed("{}", 405))
    end)

    it("is no answer where something went wrong", function()
        for _, status in ipairs { 0, 401, 429, 500, 502, 503 } do
            assert.is_nil(listed(whole(1, 5, 0, {}), status))
        end
        assert.is_nil(listed "<html>Just a moment</html>")
        assert.is_nil(listed "")
    end)
end)
